# From predictions of both studies of lineages to the tables and claims of levels; no torch.
# Needs: results/evaluations/ and results/entities/evaluations/, as far as these studies have chains of levels.
# Makes: results/tables/levels_*, results/tables/claims_levels.*.

from engram.studies.levels.jobs import (
    levels_claim_files,
    levels_claims_spec,
    levels_table_files,
    levels_tables_spec,
)
from engram.studies.levels.tables import TABLES as LEVELS_TABLES

LEVELS_TABLES_JOB = levels_tables_spec(SETTINGS, LAYOUT)
LEVELS_CLAIMS_JOB = levels_claims_spec(SETTINGS, LAYOUT)
LEVELS_FILES = levels_table_files(LAYOUT) + levels_claim_files(LAYOUT)


# Seconds of work are not worth a job of a cluster.
localrules:
    levels_tables,
    levels_claims,


rule levels_tables:
    input:
        **LEVELS_TABLES_JOB.inputs,
        code=code("levels_tables"),
    output:
        pages=[
            report(
                page,
                caption=write_caption(CAPTIONS, LEVELS_TABLES[page.stem]),
                category="Levels: tables",
                labels={"table": page.stem},
            )
            for page in LEVELS_TABLES_JOB.outputs["pages"]
        ],
        files=LEVELS_TABLES_JOB.outputs["files"],
    log:
        LEVELS_TABLES_JOB.log,
    benchmark:
        LEVELS_TABLES_JOB.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=LEVELS_TABLES_JOB.job,
    script:
        "../scripts/levels_tables.py"


rule levels_claims:
    input:
        **LEVELS_CLAIMS_JOB.inputs,
        printed=printed_files("levels"),
        code=code("levels_claims"),
    output:
        page=[
            report(
                page,
                caption="../report/claims.rst",
                category="Claims",
                labels={"page": "Which claims about levels hold"},
            )
            for page in LEVELS_CLAIMS_JOB.outputs["page"]
        ],
        files=LEVELS_CLAIMS_JOB.outputs["files"],
    log:
        LEVELS_CLAIMS_JOB.log,
    benchmark:
        LEVELS_CLAIMS_JOB.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=LEVELS_CLAIMS_JOB.job,
    script:
        "../scripts/levels_claims.py"
