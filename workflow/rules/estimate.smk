# What a run will take, before it is paid for: `snakemake estimate`, for any configuration, without its data.
# Needs: nothing. Makes: results/estimate/, and shows the page.

from engram.estimate.jobs import EstimateParams

ESTIMATE = LAYOUT.root / "estimate"


localrules:
    estimate,


# Where it runs is what it measures: on a cluster it gets a GPU as the training jobs do.
rule write_estimate:
    input:
        code=code("write_estimate"),
    output:
        page=ESTIMATE / "estimate.md",
        table=ESTIMATE / "estimate.csv",
    log:
        LOGS / "write_estimate.log",
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        job=EstimateParams(results=SETTINGS.results, config=config).model_dump(mode="json"),
    script:
        "../scripts/write_estimate.py"


rule estimate:
    input:
        ESTIMATE / "estimate.md",
    log:
        LOGS / "estimate.log",
    conda:
        "../../envs/engram.yaml"
    shell:
        "tee {log:q} < {input:q}"
