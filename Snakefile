# The front door: configuration, rules, targets.
#
#   snakemake                                   every table, figure and claim of the demonstration
#   snakemake --configfile config/faces.yaml    the same on real photographs
#   snakemake results/figures/integrity.svg     one figure, and only what it needs

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/default.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/faces.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evidence.smk"
include: "workflow/rules/share.smk"


localrules:
    all,
    tables,


rule all:
    default_target: True
    input:
        rules.tables.input,
        EVIDENCE_FIGURES,




onstart:
    require_data()
