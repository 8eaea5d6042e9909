# Everything that was made, read again and compared with its sums: a file that rots, was cut short or
# deleted keeps its time or has none, so that no other rule would notice.
# Needs: results/sums/. Makes nothing; always runs when it is asked for.

import json
import os


localrules:
    verify,


def configuration_options():
    """Return what named this configuration on the command line."""
    files = [os.path.relpath(file) for file in workflow.overwrite_configfiles]
    values = [f"{name}={json.dumps(value)}" for name, value in workflow.config_settings.config.items()]
    return [
        *(["--configfile", *files] if files else []),
        *(["--config", *values] if values else []),
    ]


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
