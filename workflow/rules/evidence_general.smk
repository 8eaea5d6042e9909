# From predictions and records of the general study to tables, figures and checked claims.
# Needs: results/general/, results/data/*/.
# Makes: results/tables/general_*, results/tables/claims_general.*, results/figures/general_*.

from engram.reporting.captions import write_caption, write_captions
from engram.studies.general.figures import FIGURES as GENERAL_FIGURES
from engram.studies.general.jobs.report import (
    claims_job,
    figure_job,
    general_claim_files,
    general_figure_files,
    general_table_files,
    tables_job,
)
from engram.studies.general.tables import TABLES as GENERAL_TABLES

GENERAL_TABLE_FILES = general_table_files(LAYOUT)
GENERAL_CLAIM_FILES = general_claim_files(LAYOUT)
GENERAL_FIGURE_FILES = general_figure_files(SETTINGS)
TABLES_JOB, CLAIMS_JOB, FIGURE_JOB = tables_job(SETTINGS), claims_job(SETTINGS), figure_job(SETTINGS)


# Seconds of work are not worth a job of a cluster.
localrules:
    general_tables,
    general_claims,
    general_figure,


rule general_tables:
    input:
        **TABLES_JOB.inputs,
        printed=printed_files("general"),
        code=code("general_tables"),
    output:
        csv=TABLES_JOB.outputs["csv"],
        md=TABLES_JOB.outputs["md"],
        tex=TABLES_JOB.outputs["tex"],
        html=[
            report(
                path,
                caption=write_caption(CAPTIONS, GENERAL_TABLES[path.stem]),
                category="General: tables",
                labels={"table": path.stem},
            )
            for path in TABLES_JOB.outputs["html"]
        ],
    log:
        TABLES_JOB.log,
    benchmark:
        TABLES_JOB.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=TABLES_JOB.job,
    script:
        "../scripts/general_tables.py"


rule general_claims:
    input:
        **CLAIMS_JOB.inputs,
        printed=printed_files("general"),
        code=code("general_claims"),
    output:
        **{name: path for name, path in CLAIMS_JOB.outputs.items() if name != "page"},
        page=report(
            CLAIMS_JOB.outputs["page"],
            caption="../report/claims_general.rst",
            category="Claims",
            labels={"page": "Which claims of the general study hold"},
        ),
    log:
        CLAIMS_JOB.log,
    benchmark:
        CLAIMS_JOB.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=CLAIMS_JOB.job,
    script:
        "../scripts/general_claims.py"


rule general_figure:
    input:
        **FIGURE_JOB.inputs,
        printed=printed_files("general"),
        code=code("general_figure"),
    output:
        svg=report(
            FIGURE_JOB.outputs["svg"],
            caption=write_captions(CAPTIONS, "general_figure", GENERAL_FIGURES),
            category="General: figures",
            labels={"figure": "{figure}"},
        ),
        png=FIGURE_JOB.outputs["png"],
    log:
        FIGURE_JOB.log,
    benchmark:
        FIGURE_JOB.benchmark
    wildcard_constraints:
        **FIGURE_JOB.wildcards,
    conda:
        "../../envs/engram.yaml"
    params:
        job=FIGURE_JOB.job,
    script:
        "../scripts/general_figure.py"
