# The general study's source encoders and their embeddings of every data set's faces.
# Needs: results/data/*/{faces_general/, split.csv}.
# Makes: results/general/{targets.json, overlap.csv, encoders/, embeddings/}.

from engram.studies.general.jobs.overlap import overlap_job
from engram.studies.general.jobs.pipeline import check_job, encoder_job, extraction_jobs
from engram.studies.general.jobs.target_check import target_check_job

ENCODER_JOB = encoder_job(SETTINGS)
CHECK_JOB = check_job(SETTINGS, ENCODERS_TO_READ)
OVERLAP_JOB = overlap_job(SETTINGS)
TARGET_CHECK_JOB = target_check_job(SETTINGS)
# It has priority, so it says what cannot be solved before anything is trained. No training has it as an input, not
# even an `ancient` one: where a job must run again because its settings changed, Snakemake does not look for changed
# settings behind it, and would call a run finished whose tables are stale.
TARGETS_CHECKED = [TARGET_CHECK_JOB.outputs["report"]]


# Seconds of work are not worth a job of a cluster.
localrules:
    check_targets,


rule check_targets:
    input:
        **TARGET_CHECK_JOB.inputs,
        code=code("check_targets"),
    output:
        **TARGET_CHECK_JOB.outputs,
    log:
        TARGET_CHECK_JOB.log,
    benchmark:
        TARGET_CHECK_JOB.benchmark
    priority: TARGET_CHECK_JOB.priority
    conda:
        "../../envs/engram.yaml"
    params:
        job=TARGET_CHECK_JOB.job,
    script:
        "../scripts/check_targets.py"


rule general_overlap:
    input:
        **OVERLAP_JOB.inputs,
        code=code("general_overlap"),
    output:
        **OVERLAP_JOB.outputs,
    log:
        OVERLAP_JOB.log,
    benchmark:
        OVERLAP_JOB.benchmark
    conda:
        "../../envs/engram.yaml"
    params:
        job=OVERLAP_JOB.job,
    script:
        "../scripts/general_overlap.py"


rule train_encoder:
    input:
        **ENCODER_JOB.inputs,
        code=code("train_encoder"),
    output:
        **ENCODER_JOB.outputs,
    log:
        ENCODER_JOB.log,
    benchmark:
        ENCODER_JOB.benchmark
    wildcard_constraints:
        **ENCODER_JOB.wildcards,
    priority: ENCODER_JOB.priority
    conda:
        "../../envs/engram.yaml"
    threads: PROCESSES
    params:
        job=ENCODER_JOB.job,
    script:
        "../scripts/train_encoder.py"


rule check_encoder:
    input:
        **CHECK_JOB.inputs,
        code=code("check_encoder"),
    output:
        **CHECK_JOB.outputs,
    log:
        CHECK_JOB.log,
    benchmark:
        CHECK_JOB.benchmark
    wildcard_constraints:
        **CHECK_JOB.wildcards,
    priority: CHECK_JOB.priority
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        job=CHECK_JOB.job,
    script:
        "../scripts/check_encoder.py"


# A job for each input size reads a shard's faces once for all encoders of that size.
for spec in extraction_jobs(SETTINGS):

    rule:
        name:
            spec.name
        input:
            **spec.inputs,
            code=code("extract_embeddings"),
        output:
            **spec.outputs,
        log:
            spec.log,
        benchmark:
            spec.benchmark
        wildcard_constraints:
            **spec.wildcards,
        priority: spec.priority
        conda:
            "../../envs/engram.yaml"
        threads: PROCESSES
        params:
            job=spec.job,
        script:
            "../scripts/extract_embeddings.py"
