# From predictions and records to tables, figures and checked claims; no torch.
# Needs: results/evaluations/, results/models/**/record.json, results/data/*/.
# Makes: results/tables/, results/figures/.

TABLE_FILES = expand(LAYOUT.tables / "{table}.{form}", table=TABLES, form=["csv", "md", "tex"])
CLAIM_FILES = [LAYOUT.tables / name for name in ("claims.csv", "claims_comparisons.csv", "claims.md")]
FIGURE_FILES = expand(LAYOUT.figures / "{figure}.{form}", figure=FIGURES, form=["svg", "png"])


rule memory_tables:
    input:
        **EVIDENCE,
        code=code("memory_tables"),
    output:
        expand(LAYOUT.tables / "{table}.{form}", table=TABLES, form=["md", "tex"]),
        [
            report(
                LAYOUT.tables / f"{table}.csv",
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
        **EVIDENCE,
        code=code("memory_claims"),
    output:
        report(
            LAYOUT.tables / "claims.csv",
            caption="../report/claims.rst",
            category="Claims",
            labels={"table": "claims"},
        ),
        LAYOUT.tables / "claims_comparisons.csv",
        LAYOUT.tables / "claims.md",
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
        **EVIDENCE,
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
    conda:
        "../../envs/engram.yaml"
    params:
        evidence=describe_evidence(),
    script:
        "../scripts/memory_figure.py"
