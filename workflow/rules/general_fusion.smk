# The general study's operators: they fuse the source embeddings of the unlabelled faces.
# Needs: results/data/*/{faces_general/, split.csv}, results/general/embeddings/.
# Makes: results/general/fusion/.

from engram.studies.general.jobs.pipeline import operator_jobs

for spec in operator_jobs(SETTINGS):

    rule:
        name:
            spec.name
        input:
            **spec.inputs,
            code=code("fit_operators"),
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
        threads: 1
        params:
            job=spec.job,
        script:
            "../scripts/fit_operators.py"
