# Every model of the memory study, and its predictions.
# A model's folder lies in its parent's, so the path names its ancestors.
# Needs: results/data/*/{faces/, split.csv} and the parent's model.
# Makes: results/data/splits.json, results/models/seed*/LINEAGE/{model.safetensors, record.json}, results/evaluations/.

from engram.studies.memory.jobs.stages import memory_evaluation, memory_split_check, memory_stages

EVALUATION = memory_evaluation(SETTINGS, LAYOUT)
SPLIT_CHECK = memory_split_check(SETTINGS, LAYOUT)
# It has priority and is no input of a training; see `check_targets` for why.
SPLITS_CHECKED = [SPLIT_CHECK.outputs["report"]]


# Seconds of work are not worth a job of a cluster.
localrules:
    check_splits,


rule check_splits:
    input:
        **SPLIT_CHECK.inputs,
        code=code("check_splits"),
    output:
        **SPLIT_CHECK.outputs,
    log:
        SPLIT_CHECK.log,
    benchmark:
        SPLIT_CHECK.benchmark
    priority: SPLIT_CHECK.priority
    conda:
        "../../envs/engram.yaml"
    params:
        job=SPLIT_CHECK.job,
    script:
        "../scripts/check_splits.py"


for spec in memory_stages(SETTINGS, LAYOUT):

    rule:
        name:
            spec.name
        input:
            **spec.inputs,
            code=code("train_stage"),
        output:
            **spec.outputs,
        log:
            spec.log,
        benchmark:
            spec.benchmark
        priority: spec.priority
        conda:
            "../../envs/engram.yaml"
        threads: PROCESSES
        params:
            job=spec.job,
        script:
            "../scripts/train_stage.py"


rule evaluate_models:
    input:
        **EVALUATION.inputs,
        code=code("evaluate_models"),
    output:
        **EVALUATION.outputs,
    log:
        EVALUATION.log,
    benchmark:
        EVALUATION.benchmark
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        job=EVALUATION.job,
    script:
        "../scripts/evaluate_models.py"
