# What a run will take, before it is paid for: `snakemake estimate`, for any configuration, without its data.
# Needs: nothing. Makes: results/estimate/, and shows the page.

from engram.config import ComputeParams
from engram.estimate.params import ListParams, PageParams

ESTIMATE = LAYOUT.root / "estimate"


localrules:
    list_jobs,
    write_estimate,
    estimate,


rule list_jobs:
    input:
        code=code("list_jobs"),
    output:
        jobs=ESTIMATE / "jobs.json",
    log:
        LOGS / "list_jobs.log",
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: ListParams.from_config(config, SETTINGS, LAYOUT).model_dump(mode="json"),
    script:
        "../scripts/list_jobs.py"


# Where it runs is what it measures: on a cluster it gets a GPU as the training jobs do. The file keeps what
# was measured before, on every device; `--forcerun pilot` measures another one.
rule pilot:
    input:
        jobs=ESTIMATE / "jobs.json",
        code=code("pilot"),
    output:
        pilot=update(ESTIMATE / "pilot.json"),
    log:
        LOGS / "pilot.log",
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        job=ComputeParams(results=SETTINGS.results, compute=SETTINGS.compute).model_dump(mode="json"),
    script:
        "../scripts/pilot.py"


rule write_estimate:
    input:
        jobs=ESTIMATE / "jobs.json",
        pilot=ESTIMATE / "pilot.json",
        code=code("write_estimate"),
    output:
        page=ESTIMATE / "estimate.md",
        table=ESTIMATE / "estimate.csv",
    log:
        LOGS / "write_estimate.log",
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: PageParams.from_settings(SETTINGS, LAYOUT).model_dump(mode="json"),
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
