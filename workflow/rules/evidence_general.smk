# From predictions and records of the general study to tables, figures and checked claims.
# Needs: results/general/, results/data/*/.
# Makes: results/tables/general_*, results/tables/claims_general.*, results/figures/general_*.

GENERAL_TABLE_FILES = expand(LAYOUT.tables / "{table}.{form}", table=GENERAL_TABLES, form=TABLE_FORMS)
GENERAL_CLAIM_FILES = [LAYOUT.tables / name for name in GENERAL_CLAIMS]
GENERAL_FIGURE_FILES = expand(LAYOUT.figures / "{figure}.{form}", figure=GENERAL_FIGURES, form=["svg", "png"])
# What the jobs before leave for tables, figures, claims and tracking.
GENERAL_EVIDENCE = {
    "records": general_records(SETTINGS, LAYOUT),
    "predictions": predictions_of_knowledge(),
    "scores": [LAYOUT.selection(name) / "scores.parquet" for name in TARGETS],
    "choices": [LAYOUT.selection(name) / "choice.json" for name in TARGETS],
    "reconstruction": reconstruction_files(),
    "faces": [LAYOUT.faces_record(name, GENERAL_CROP) for name in GENERAL_DATASETS],
    "splits": [LAYOUT.split(name) for name in GENERAL_DATASETS],
    "views": [LAYOUT.views / name for name in ("neighbours.parquet", "map.parquet")],
}


# Seconds of work are not worth a job of a cluster.
localrules:
    general_tables,
    general_claims,
    general_figure,


rule general_tables:
    input:
        **GENERAL_EVIDENCE,
        code=code("general_tables"),
    output:
        expand(LAYOUT.tables / "{table}.{form}", table=GENERAL_TABLES, form=["csv", "md", "tex"]),
        [
            report(
                LAYOUT.tables / f"{table}.html",
                caption=f"../report/{table}.rst",
                category="General tables",
                labels={"table": table},
            )
            for table in GENERAL_TABLES
        ],
    log:
        LOGS / "general_tables.log",
    benchmark:
        LOGS / "general_tables.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        study=describe_general(),
    script:
        "../scripts/general_tables.py"


rule general_claims:
    input:
        **GENERAL_EVIDENCE,
        code=code("general_claims"),
    output:
        report(
            LAYOUT.tables / "claims_general.html",
            caption="../report/claims_general.rst",
            category="Claims",
            labels={"page": "Which claims of the general study hold"},
        ),
        [LAYOUT.tables / name for name in GENERAL_CLAIMS if not name.endswith("html")],
    log:
        LOGS / "general_claims.log",
    benchmark:
        LOGS / "general_claims.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        study=describe_general(),
    script:
        "../scripts/general_claims.py"


rule general_figure:
    input:
        **GENERAL_EVIDENCE,
        code=code("general_figure"),
    output:
        report(
            LAYOUT.figures / "{figure}.svg",
            caption="../report/general_figure.rst",
            category="General figures",
            labels={"figure": "{figure}"},
        ),
        LAYOUT.figures / "{figure}.png",
    log:
        LOGS / "general_figure/{figure}.log",
    benchmark:
        LOGS / "general_figure/{figure}.jsonl"
    wildcard_constraints:
        figure=one_of(GENERAL_FIGURES),
    conda:
        "../../envs/engram.yaml"
    params:
        study=describe_general(),
    script:
        "../scripts/general_figure.py"
