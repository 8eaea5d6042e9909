# From predictions and records of the study of named entities to tables, figures,
# checked claims and model cards; no torch but for the cards.
# Needs: results/entities/, results/data/*/{text/, split.csv}, results/data/text_overlap.csv.
# Makes: results/entities/facts/, results/tables/entities_*, results/tables/claims_entities.*,
#        results/figures/entities_*, results/cards/entities/.

from engram.reporting.captions import write_caption, write_captions
from engram.studies.entities.figures import FIGURES as ENTITIES_FIGURES
from engram.studies.entities.jobs.evidence import claims_spec as entities_claims_spec
from engram.studies.entities.jobs.evidence import cards_spec as tagger_cards_spec
from engram.studies.entities.jobs.evidence import (
    entities_claim_files,
    entities_figure_files,
    entities_table_files,
    mentions_spec,
)
from engram.studies.entities.jobs.evidence import figure_spec as entities_figure_spec
from engram.studies.entities.jobs.evidence import tables_spec as entities_tables_spec
from engram.studies.entities.tables import TABLES as ENTITIES_TABLES

COUNT_MENTIONS = mentions_spec(SETTINGS, LAYOUT)
ENTITIES_TABLES_JOB = entities_tables_spec(SETTINGS, LAYOUT)
ENTITIES_CLAIMS_JOB = entities_claims_spec(SETTINGS, LAYOUT)
TAGGER_CARDS = tagger_cards_spec(SETTINGS, LAYOUT)
ENTITIES_FIGURE_JOB = entities_figure_spec(SETTINGS, LAYOUT)
ENTITIES_TABLE_FILES = entities_table_files(LAYOUT)
ENTITIES_CLAIM_FILES = entities_claim_files(LAYOUT)
ENTITIES_FIGURE_FILES = entities_figure_files(SETTINGS)


# Seconds of work are not worth a job of a cluster.
localrules:
    count_mentions,
    entities_tables,
    entities_claims,
    entities_figure,


rule count_mentions:
    input:
        **COUNT_MENTIONS.inputs,
        code=code("count_mentions"),
    output:
        **COUNT_MENTIONS.outputs,
    log:
        COUNT_MENTIONS.log,
    benchmark:
        COUNT_MENTIONS.benchmark
    wildcard_constraints:
        **COUNT_MENTIONS.wildcards,
    conda:
        "../../envs/engram.yaml"
    params:
        job=COUNT_MENTIONS.job,
    script:
        "../scripts/count_mentions.py"


rule entities_tables:
    input:
        **ENTITIES_TABLES_JOB.inputs,
        printed=printed_files("entities"),
        code=code("entities_tables"),
    output:
        pages=[
            report(
                page,
                caption=write_caption(CAPTIONS, ENTITIES_TABLES[page.stem]),
                category="Entities: tables",
                labels={"table": page.stem},
            )
            for page in ENTITIES_TABLES_JOB.outputs["pages"]
        ],
        files=ENTITIES_TABLES_JOB.outputs["files"],
    log:
        ENTITIES_TABLES_JOB.log,
    benchmark:
        ENTITIES_TABLES_JOB.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=ENTITIES_TABLES_JOB.job,
    script:
        "../scripts/entities_tables.py"


rule entities_claims:
    input:
        **ENTITIES_CLAIMS_JOB.inputs,
        printed=printed_files("entities"),
        code=code("entities_claims"),
    output:
        page=[
            report(
                page,
                caption="../report/claims_entities.rst",
                category="Claims",
                labels={"page": "Which claims of the study of named entities hold"},
            )
            for page in ENTITIES_CLAIMS_JOB.outputs["page"]
        ],
        files=ENTITIES_CLAIMS_JOB.outputs["files"],
    log:
        ENTITIES_CLAIMS_JOB.log,
    benchmark:
        ENTITIES_CLAIMS_JOB.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=ENTITIES_CLAIMS_JOB.job,
    script:
        "../scripts/entities_claims.py"


rule tagger_cards:
    input:
        **TAGGER_CARDS.inputs,
        code=code("tagger_cards"),
    output:
        **TAGGER_CARDS.outputs,
    log:
        TAGGER_CARDS.log,
    benchmark:
        TAGGER_CARDS.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=TAGGER_CARDS.job,
    script:
        "../scripts/tagger_cards.py"


rule entities_figure:
    input:
        **ENTITIES_FIGURE_JOB.inputs,
        printed=printed_files("entities"),
        code=code("entities_figure"),
    output:
        svg=[
            report(
                svg,
                caption=write_captions(CAPTIONS, "entities_figure", ENTITIES_FIGURES),
                category="Entities: figures",
                labels={"figure": "{figure}"},
            )
            for svg in ENTITIES_FIGURE_JOB.outputs["svg"]
        ],
        png=ENTITIES_FIGURE_JOB.outputs["png"],
    log:
        ENTITIES_FIGURE_JOB.log,
    benchmark:
        ENTITIES_FIGURE_JOB.benchmark
    wildcard_constraints:
        **ENTITIES_FIGURE_JOB.wildcards,
    conda:
        "../../envs/engram.yaml"
    params:
        job=ENTITIES_FIGURE_JOB.job,
    script:
        "../scripts/entities_figure.py"
