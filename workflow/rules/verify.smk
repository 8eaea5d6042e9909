# Everything that was made, read again and compared with its checksums: a file that rots, was cut short or
# deleted keeps its time or has none, so that no other rule would notice.
# Needs: results/checksums/. Makes nothing; always runs when it is asked for.


localrules:
    verify,


rule verify:
    input:
        code=code("verify"),
    log:
        LOGS / "verify.log",
    conda:
        "../../envs/engram.yaml"
    threads: 4
    params:
        job={"results": SETTINGS.results},
        # The plan of the same configuration says which files can be made anew.
        configuration=config,
    script:
        "../scripts/verify.py"
