# Every task solved by every method: subset search, probes on frozen embeddings, whole networks.
# Needs: results/general/{embeddings, representations, students}/, results/data/*/{faces_general/, split.csv}.
# Makes: results/general/{selection, transfer}/.

from engram.studies.general.jobs.tasks import task_jobs

# One job runs one step of a task, or all of them: `compute.job`.
for spec in task_jobs(SETTINGS):

    rule:
        name:
            spec.name
        input:
            **spec.inputs,
            code=code("solve_task"),
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
        threads: spec.threads
        params:
            job=spec.job,
        script:
            "../scripts/solve_task.py"
