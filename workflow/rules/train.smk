# Every model of the memory study, and its predictions.
# A model's folder lies in its parent's, so the path names its ancestors.
# Needs: results/data/*/{faces/, split.csv} and the parent's model.
# Makes: results/models/seed*/LINEAGE/{model.safetensors, record.json}, results/evaluations/.

from engram.studies.memory.jobs.stages import memory_evaluation, memory_stages

EVALUATION = memory_evaluation(SETTINGS, LAYOUT)

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
