# Every model of the study of named entities, and its predictions.
# Needs: results/data/*/{text/, split.csv} and the parent's model.
# Makes: results/data/text_overlap.csv, results/entities/{splits.json, overlap.json, evaluations/,
#        models/seed*/LINEAGE/{model.safetensors, record.json, epochs.parquet}}.

from engram.studies.entities.jobs.overlap import entities_overlap, entities_overlap_check
from engram.studies.entities.jobs.stages import (
    entities_evaluation,
    entities_split_check,
    entities_stages,
    evaluated_texts,
)
from engram.studies.entities.jobs.vectors import entities_vectors

ENTITIES_EVALUATION = entities_evaluation(SETTINGS, LAYOUT)
ENTITIES_SPLIT_CHECK = entities_split_check(SETTINGS, LAYOUT)
# It has priority and is no input of a training; see `check_targets` for why.
OVERLAP, OVERLAP_CHECK = entities_overlap(SETTINGS, LAYOUT), entities_overlap_check(SETTINGS, LAYOUT)
VECTORS = entities_vectors(SETTINGS, LAYOUT)
ENTITIES_CHECKED = [ENTITIES_SPLIT_CHECK.outputs["report"], OVERLAP_CHECK.outputs["report"]]
ENTITIES_PREDICTIONS = [
    LAYOUT.of_study("entities").predictions(name) for name in evaluated_texts(SETTINGS, LAYOUT)
]


# Seconds of work are not worth a job of a cluster.
localrules:
    entities_check_splits,
    check_text_overlap,


rule entities_check_splits:
    input:
        **ENTITIES_SPLIT_CHECK.inputs,
        code=code("entities_check_splits"),
    output:
        **ENTITIES_SPLIT_CHECK.outputs,
    log:
        ENTITIES_SPLIT_CHECK.log,
    benchmark:
        ENTITIES_SPLIT_CHECK.benchmark
    priority: ENTITIES_SPLIT_CHECK.priority
    conda:
        "../../envs/engram.yaml"
    params:
        job=ENTITIES_SPLIT_CHECK.job,
    script:
        "../scripts/entities_check_splits.py"


rule find_text_overlap:
    input:
        **OVERLAP.inputs,
        code=code("find_text_overlap"),
    output:
        **OVERLAP.outputs,
    log:
        OVERLAP.log,
    benchmark:
        OVERLAP.benchmark
    priority: OVERLAP.priority
    conda:
        "../../envs/engram.yaml"
    params:
        job=OVERLAP.job,
    script:
        "../scripts/find_text_overlap.py"


# Like the check of splits: it has priority and is no input of a training.
rule check_text_overlap:
    input:
        **OVERLAP_CHECK.inputs,
        code=code("check_text_overlap"),
    output:
        **OVERLAP_CHECK.outputs,
    log:
        OVERLAP_CHECK.log,
    benchmark:
        OVERLAP_CHECK.benchmark
    priority: OVERLAP_CHECK.priority
    conda:
        "../../envs/engram.yaml"
    params:
        job=OVERLAP_CHECK.job,
    script:
        "../scripts/check_text_overlap.py"


# A file of others may hold millions of words: it is read once for all models of a network.
rule prepare_vectors:
    input:
        **VECTORS.inputs,
        code=code("prepare_vectors"),
    output:
        **VECTORS.outputs,
    log:
        VECTORS.log,
    benchmark:
        VECTORS.benchmark
    wildcard_constraints:
        **VECTORS.wildcards,
    conda:
        "../../envs/engram.yaml"
    params:
        job=VECTORS.job,
    script:
        "../scripts/prepare_vectors.py"


for spec in entities_stages(SETTINGS, LAYOUT, NETWORKS_TO_READ):

    rule:
        name:
            spec.name
        input:
            **spec.inputs,
            code=code("entities_train_stage"),
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
            "../scripts/entities_train_stage.py"


rule entities_evaluate_models:
    input:
        **ENTITIES_EVALUATION.inputs,
        code=code("entities_evaluate_models"),
    output:
        **ENTITIES_EVALUATION.outputs,
    log:
        ENTITIES_EVALUATION.log,
    benchmark:
        ENTITIES_EVALUATION.benchmark
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        job=ENTITIES_EVALUATION.job,
    script:
        "../scripts/entities_evaluate_models.py"
