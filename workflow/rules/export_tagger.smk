# The tagger of the study of named entities, for use elsewhere.
# Needs: results/entities/{models/, evaluations/, facts/}, results/data/*/text/ of the first target.
# Makes: results/export/tagger/.

from engram.studies.entities.jobs.export import tagger_export, tagger_files

TAGGER_EXPORT = tagger_export(SETTINGS, LAYOUT)


rule export_tagger:
    input:
        **TAGGER_EXPORT.inputs,
        code=code("export_tagger"),
    output:
        **TAGGER_EXPORT.outputs,
    log:
        TAGGER_EXPORT.log,
    benchmark:
        TAGGER_EXPORT.benchmark
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        job=TAGGER_EXPORT.job,
    script:
        "../scripts/export_tagger.py"
