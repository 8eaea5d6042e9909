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
    figures,


rule all:
    default_target: True
    input:
        TABLE_FILES,
        CLAIM_FILES,
        FIGURE_FILES,
        CONTACT_SHEETS,
        CARDS,
        rules.track.output,


rule tables:
    input:
        TABLE_FILES,
        CLAIM_FILES,


rule figures:
    input:
        FIGURE_FILES,


onstart:
    require_data()


onsuccess:
    write_report()
