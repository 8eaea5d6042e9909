# The front door: configuration, rules, targets.
#
#   snakemake                                   every table, figure and claim of the demonstration
#   snakemake --configfile config/faces.yaml    the same on real photographs
#   snakemake general                           one study alone (memory, general, entities)
#   snakemake results/figures/integrity.svg     one figure, and only what it needs
#   snakemake results/index.html                the page to open first: questions, verdicts, figures, tables
#   snakemake export                            the student and the best tagger, for use elsewhere
#   snakemake verify                            read all results again: which files are damaged, what mends them
#   snakemake estimate                          what a run will take, before it is paid for

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/default.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/faces.smk"


if COMPRESSED:

    include: "workflow/rules/shards.smk"


include: "workflow/rules/text.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evidence.smk"


# What each study makes, and the student and the tagger for others.
ALL_TABLES, ALL_FIGURES = TABLE_FILES + CLAIM_FILES, FIGURE_FILES
STUDIES = {"memory": ALL_TABLES + ALL_FIGURES}
EXPORTED = []
CHECKS = {"memory": SPLITS_CHECKED}

if SETTINGS.general is not None:

    include: "workflow/rules/general_encoders.smk"
    include: "workflow/rules/general_fusion.smk"
    include: "workflow/rules/general_students.smk"
    include: "workflow/rules/tasks.smk"
    include: "workflow/rules/evidence_general.smk"
    include: "workflow/rules/export.smk"

    CHECKS["general"] = TARGETS_CHECKED
    STUDIES["general"] = GENERAL_TABLE_FILES + GENERAL_CLAIM_FILES + GENERAL_FIGURE_FILES
    ALL_TABLES = ALL_TABLES + GENERAL_TABLE_FILES + GENERAL_CLAIM_FILES
    ALL_FIGURES = ALL_FIGURES + GENERAL_FIGURE_FILES


if SETTINGS.entities is not None:

    include: "workflow/rules/entities.smk"
    include: "workflow/rules/evidence_entities.smk"
    include: "workflow/rules/export_tagger.smk"

    EXPORTED = EXPORTED + tagger_files(SETTINGS, LAYOUT)
    CHECKS["entities"] = ENTITIES_CHECKED
    STUDIES["entities"] = ENTITIES_TABLE_FILES + ENTITIES_CLAIM_FILES + ENTITIES_FIGURE_FILES
    ALL_TABLES = ALL_TABLES + ENTITIES_TABLE_FILES + ENTITIES_CLAIM_FILES
    ALL_FIGURES = ALL_FIGURES + ENTITIES_FIGURE_FILES


if LevelsParams.from_settings(SETTINGS).domains:

    include: "workflow/rules/evidence_levels.smk"

    STUDIES["levels"] = LEVELS_FILES
    ALL_TABLES = ALL_TABLES + LEVELS_FILES


include: "workflow/rules/results_page.smk"
include: "workflow/rules/publish.smk"
include: "workflow/rules/verify.smk"
include: "workflow/rules/estimate.smk"


localrules:
    all,
    tables,
    figures,
    memory,
    general,
    entities,
    export,


rule all:
    default_target: True
    input:
        *CHECKS.values(),
        rules.write_report.input.parts,
        rules.write_report.output,


rule tables:
    input:
        ALL_TABLES,


rule figures:
    input:
        ALL_FIGURES,


rule memory:
    input:
        CHECKS["memory"],
        STUDIES["memory"],


rule general:
    input:
        CHECKS.get("general", []),
        STUDIES.get("general", []),


rule entities:
    input:
        CHECKS.get("entities", []),
        STUDIES.get("entities", []),


rule export:
    input:
        EXPORTED,


onstart:
    require_data()
    require_results()


# A pending timer of the rate limit (profiles/) would hold up the end of the process by its timespan.
onsuccess:
    cancel_timers()


onerror:
    cancel_timers()
