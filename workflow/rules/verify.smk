# Everything that was made, read again and compared with its sums: a file that rots, was cut short or
# deleted keeps its time or has none, so that no other rule would notice.
# Needs: results/sums/. Makes nothing; always runs when it is asked for.


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
        options=configuration_options(),
    script:
        "../scripts/verify.py"
