# From predictions and records to tables, figures, checked claims and model cards; no torch.
# Needs: results/evaluations/, results/models/**/record.json, results/data/*/.
# Makes: results/tables/, results/figures/, results/cards/, results/data/duplicates.csv.

from engram.reporting.captions import write_caption, write_captions
from engram.studies.memory.figures import FIGURES
from engram.studies.memory.figures.by_transfer import FIGURES_BY_TRANSFER
from engram.studies.memory.jobs.cards import cards_spec
from engram.studies.memory.jobs.evidence import (
    claims_spec,
    duplicates_spec,
    figure_spec,
    memory_claim_files,
    memory_figure_files,
    memory_table_files,
    tables_spec,
)
from engram.studies.memory.tables import TABLES

DUPLICATES = duplicates_spec(SETTINGS, LAYOUT)
MEMORY_TABLES = tables_spec(SETTINGS, LAYOUT)
MEMORY_CLAIMS = claims_spec(SETTINGS, LAYOUT)
MODEL_CARDS = cards_spec(SETTINGS, LAYOUT)
MEMORY_FIGURE = figure_spec(SETTINGS, LAYOUT)
TABLE_FILES = memory_table_files(LAYOUT)
CLAIM_FILES = memory_claim_files(LAYOUT)
FIGURE_FILES = memory_figure_files(SETTINGS)


# Seconds of work are not worth a job of a cluster.
localrules:
    find_duplicates,
    memory_tables,
    memory_claims,
    model_cards,
    memory_figure,


rule find_duplicates:
    input:
        **DUPLICATES.inputs,
        code=code("find_duplicates"),
    output:
        **DUPLICATES.outputs,
    log:
        DUPLICATES.log,
    benchmark:
        DUPLICATES.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=DUPLICATES.job,
    script:
        "../scripts/find_duplicates.py"


rule memory_tables:
    input:
        **MEMORY_TABLES.inputs,
        printed=printed_files("memory"),
        code=code("memory_tables"),
    output:
        pages=[
            report(
                page,
                caption=write_caption(CAPTIONS, TABLES[page.stem]),
                category="Memory: tables",
                labels={"table": page.stem},
            )
            for page in MEMORY_TABLES.outputs["pages"]
        ],
        files=MEMORY_TABLES.outputs["files"],
    log:
        MEMORY_TABLES.log,
    benchmark:
        MEMORY_TABLES.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=MEMORY_TABLES.job,
    script:
        "../scripts/memory_tables.py"


rule model_cards:
    input:
        **MODEL_CARDS.inputs,
        code=code("model_cards"),
    output:
        **MODEL_CARDS.outputs,
    log:
        MODEL_CARDS.log,
    benchmark:
        MODEL_CARDS.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=MODEL_CARDS.job,
    script:
        "../scripts/model_cards.py"


rule memory_claims:
    input:
        **MEMORY_CLAIMS.inputs,
        printed=printed_files("memory"),
        code=code("memory_claims"),
    output:
        page=[
            report(
                page,
                caption="../report/claims.rst",
                category="Claims",
                labels={"page": "Which claims of the study of memory hold"},
            )
            for page in MEMORY_CLAIMS.outputs["page"]
        ],
        files=MEMORY_CLAIMS.outputs["files"],
    log:
        MEMORY_CLAIMS.log,
    benchmark:
        MEMORY_CLAIMS.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=MEMORY_CLAIMS.job,
    script:
        "../scripts/memory_claims.py"


rule memory_figure:
    input:
        **MEMORY_FIGURE.inputs,
        printed=printed_files("memory"),
        code=code("memory_figure"),
    output:
        svg=[
            report(
                svg,
                caption=write_captions(CAPTIONS, "memory_figure", FIGURES | FIGURES_BY_TRANSFER),
                category="Memory: figures",
                labels={"figure": "{figure}"},
            )
            for svg in MEMORY_FIGURE.outputs["svg"]
        ],
        png=MEMORY_FIGURE.outputs["png"],
    log:
        MEMORY_FIGURE.log,
    benchmark:
        MEMORY_FIGURE.benchmark
    wildcard_constraints:
        **MEMORY_FIGURE.wildcards,
    conda:
        "../../envs/engram.yaml"
    params:
        job=MEMORY_FIGURE.job,
    script:
        "../scripts/memory_figure.py"
