# From predictions and records to tables, figures and checked claims; no torch.
# Needs: results/evaluations/, results/models/**/record.json, results/data/*/.
# Makes: results/tables/, results/figures/.

TABLE_FILES = expand(LAYOUT.tables / "{table}.{form}", table=TABLES, form=TABLE_FORMS)
CLAIM_FILES = [LAYOUT.tables / name for name in CLAIMS]
FIGURE_FILES = expand(LAYOUT.figures / "{figure}.{form}", figure=FIGURES, form=["svg", "png"])


# Seconds of work are not worth a job of a cluster.
localrules:
    memory_tables,
    memory_claims,
    memory_figure,


rule memory_tables:
    input:
        **EVIDENCE,
        code=code("memory_tables"),
    output:
        expand(LAYOUT.tables / "{table}.{form}", table=TABLES, form=["csv", "md", "tex"]),
        [
            report(
                LAYOUT.tables / f"{table}.html",
                caption=f"../report/{table}.rst",
                category="Tables",
                labels={"table": table},
            )
            for table in TABLES
        ],
    log:
        LOGS / "memory_tables.log",
    benchmark:
        LOGS / "memory_tables.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        evidence=describe_evidence(),
    script:
        "../scripts/memory_tables.py"


rule memory_claims:
    input:
        **ANSWERS,
        code=code("memory_claims"),
    output:
        report(
            LAYOUT.tables / "claims.html",
            caption="../report/claims.rst",
            category="Claims",
            labels={"page": "Which claims hold"},
        ),
        [LAYOUT.tables / name for name in CLAIMS if not name.endswith("html")],
    log:
        LOGS / "memory_claims.log",
    benchmark:
        LOGS / "memory_claims.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        evidence=describe_evidence(),
    script:
        "../scripts/memory_claims.py"


rule memory_figure:
    input:
        **ANSWERS,
        code=code("memory_figure"),
    output:
        report(
            LAYOUT.figures / "{figure}.svg",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        LAYOUT.figures / "{figure}.png",
    log:
        LOGS / "memory_figure/{figure}.log",
    benchmark:
        LOGS / "memory_figure/{figure}.jsonl"
    wildcard_constraints:
        figure=one_of(FIGURES),
    conda:
        "../../envs/engram.yaml"
    params:
        evidence=describe_evidence(),
    script:
        "../scripts/memory_figure.py"
