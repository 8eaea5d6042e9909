# The general study's students and every frozen representation of faces.
# Needs: results/data/*/{faces_general/, split.csv}, results/general/{embeddings, fusion}/.
# Makes: results/general/{students, representations, views}/.

from engram.studies.general.jobs.pipeline import projection_job, represent_job, student_job

STUDENT_JOB = student_job(SETTINGS)
REPRESENT_JOB = represent_job(SETTINGS)
PROJECTION_JOB = projection_job(SETTINGS)


rule train_student:
    input:
        **STUDENT_JOB.inputs,
        code=code("train_student"),
    output:
        **STUDENT_JOB.outputs,
    log:
        STUDENT_JOB.log,
    benchmark:
        STUDENT_JOB.benchmark
    wildcard_constraints:
        **STUDENT_JOB.wildcards,
    priority: STUDENT_JOB.priority
    conda:
        "../../envs/engram.yaml"
    threads: PROCESSES
    params:
        job=STUDENT_JOB.job,
    script:
        "../scripts/train_student.py"


rule represent_faces:
    input:
        **REPRESENT_JOB.inputs,
        code=code("represent_faces"),
    output:
        **REPRESENT_JOB.outputs,
    log:
        REPRESENT_JOB.log,
    benchmark:
        REPRESENT_JOB.benchmark
    wildcard_constraints:
        **REPRESENT_JOB.wildcards,
    priority: REPRESENT_JOB.priority
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        job=REPRESENT_JOB.job,
    script:
        "../scripts/represent_faces.py"


rule general_views:
    input:
        **PROJECTION_JOB.inputs,
        code=code("general_views"),
    output:
        **PROJECTION_JOB.outputs,
    log:
        PROJECTION_JOB.log,
    benchmark:
        PROJECTION_JOB.benchmark
    wildcard_constraints:
        **PROJECTION_JOB.wildcards,
    priority: PROJECTION_JOB.priority
    conda:
        "../../envs/engram.yaml"
    params:
        job=PROJECTION_JOB.job,
    script:
        "../scripts/general_views.py"
