# What every rules file uses: the validated settings, the layout of results, and helpers.
# Needs `config`; makes no files.

import os
import sys
from pathlib import Path

# The folder of this package: `workflow.basedir` would be that of a workflow that uses this one as a module.
ENGRAM = Path(str(workflow.current_basedir)).parents[1]
sys.path.insert(0, str(ENGRAM / "workflow"))

from snakemake.exceptions import WorkflowError

from engram.reporting.tables import TABLE_FORMS
from engram.runtime.code_hash import write_code_list
from engram.core.errors import EngramError
from engram.core.files import require_writable
from engram.studies.general.methods import students
from engram.studies.general.plan import encoder_warnings, general_datasets
from engram.studies.levels.jobs import LevelsParams
from engram.core.paths import CROPS, ENCODER_CROP, GENERAL_CROP, MEMORY_CROP, Layout
from engram.runtime.process_guard import name_run
from engram.runtime.timers import cancel_timers
from engram.data.jobs import check_reader_options, data_folder, drawn_files
from engram.data.shard_jobs import stored_files
from engram.data.text.jobs import drawn_text_files, text_files, text_folder
from engram.studies.entities.jobs.evidence import entities_texts
from engram.studies.lineage.trials import datasets_in_use
from engram.config import load_settings


wildcard_constraints:
    crop="|".join([*CROPS, ENCODER_CROP]),
    dataset="[a-z][a-z0-9_]*",
    figure="[a-z][a-z0-9_-]*",
    lineage="[a-z0-9_+./-]+",


# A job that this process starts ends with it.
name_run()

try:
    SETTINGS = load_settings(config)
    # Every job's parameters take the label sets from here.
    SETTINGS.labels.use()
    if SETTINGS.general is not None:
        # The study knows its kinds of students, the settings do not: an unknown one stops here.
        students(SETTINGS.general)
    # So do readers their options.
    check_reader_options(SETTINGS)
    for warning in encoder_warnings(SETTINGS):
        print(warning, file=sys.stderr)
except EngramError as error:
    raise WorkflowError(str(error))

LAYOUT = Layout.from_settings(SETTINGS)
LOGS = LAYOUT.logs
# Captions of the report, made from docstrings when rules are read.
CAPTIONS = Path(".snakemake/captions")
# Of the jobs that train or extract: each has a core at least.
PROCESSES = SETTINGS.compute.processes
DATASETS = datasets_in_use(SETTINGS)
GENERAL_DATASETS = general_datasets(SETTINGS)
ALL_DATASETS = sorted({*DATASETS, *GENERAL_DATASETS})
TEXTS = entities_texts(SETTINGS)


def code(name):
    """Return the list of what a script can reach: an edit that changes its hash reruns the script's jobs.

    One file stands for all: as inputs of their own these sixty made most of the work of planning.
    """
    return str(write_code_list(str(ENGRAM / "workflow/scripts" / f"{name}.py")))


def printed_files(study):
    """Return the claims and printed figures of a study's paper, which lie in the package."""
    folder = ENGRAM / "workflow/engram/studies" / study
    return sorted(os.path.relpath(path) for path in [*folder.glob("published/*.csv"), folder / "claims.yaml"])


def one_of(names):
    """Return the pattern of a wildcard that stands for one of ``names``; of none it matches nothing."""
    return "|".join(names) or "(?!)"


def require_data():
    """Stop before any job if one is to read a data set or an imported network that is not there.

    Snakemake has no public list of the jobs that it is about to run. But it calls an input function for each
    job of the plan, so `find_drawn` and `find_drawn_text` have noted all data sets that are read. Those whose
    manifest is there have been read. As a check at parse time this would stop dry runs and targets that need no data.
    """
    from engram.data.images.readers import missing_data
    from engram.data.text.readers import missing_text
    from engram.studies.entities.jobs.networks import missing_files
    from engram.studies.general.jobs.files import GeneralFiles

    unread = [name for name in sorted(DATASETS_TO_READ) if not LAYOUT.manifest(name).exists()]
    missing = [
        (
            missing_text(name, SETTINGS.texts[name], text_folder(SETTINGS, name))
            if name in SETTINGS.texts
            else missing_data(name, SETTINGS.datasets[name], data_folder(SETTINGS, name))
        )
        for name in unread
    ]
    if SETTINGS.entities is not None:
        missing += missing_files(SETTINGS, SETTINGS.entities, sorted(NETWORKS_TO_READ))
    if SETTINGS.general is not None:
        missing += GeneralFiles.from_settings(SETTINGS).missing_encoders(sorted(ENCODERS_TO_READ))
    if any(missing):
        raise WorkflowError("\n\n".join(filter(None, missing)))


def require_results():
    """Stop before any job if the folder of the results takes no file."""
    try:
        require_writable(LAYOUT.root)
    except EngramError as error:
        raise WorkflowError(str(error))


#: Data sets that a job of this run reads or has read: see `require_data`.
DATASETS_TO_READ = set()
#: Networks of the study of named entities that a training of this run begins with.
NETWORKS_TO_READ = set()
#: Imported encoders of the general study that a job of this run checks.
ENCODERS_TO_READ = set()


def find_drawn(wildcards):
    """Return a drawn data set's files; none for a published one. Note that the data set is needed."""
    DATASETS_TO_READ.add(wildcards.dataset)
    return drawn_files(SETTINGS, wildcards.dataset)


def find_drawn_text(wildcards):
    """Return a drawn text's files; none for a published one. Note that the text is needed."""
    DATASETS_TO_READ.add(wildcards.dataset)
    return drawn_text_files(SETTINGS, wildcards.dataset)


def find_shown_faces(wildcards):
    """Return the stored faces that a contact sheet shows: those of the memory study where it has some."""
    crop = MEMORY_CROP if wildcards.dataset in DATASETS else GENERAL_CROP
    return stored_files(SETTINGS, LAYOUT, wildcards.dataset, crop)
