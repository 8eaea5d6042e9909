# The student of the general study, for use elsewhere.
# Needs: results/general/students/unique/, the faces of the first target, results/tables/general_transfer.csv.
# Makes: results/export/.

from engram.export.jobs import export_spec

EXPORT = export_spec(SETTINGS)
EXPORTED = EXPORT.outputs["files"]


rule export_student:
    input:
        **EXPORT.inputs,
        code=code("export_student"),
    output:
        **EXPORT.outputs,
    log:
        EXPORT.log,
    benchmark:
        EXPORT.benchmark
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        job=EXPORT.job,
    script:
        "../scripts/export_student.py"
