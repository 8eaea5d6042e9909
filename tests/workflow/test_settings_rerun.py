"""Which jobs a change of each setting reruns: a table, compared with what the rules say."""

from fnmatch import fnmatch

import pytest

from engram.config import load_settings
from tests.conftest import read_config
from tests.workflow.conftest import copy_checkout, snakemake
from tests.workflow.planned_params import changed, depends_on, leaves, listed_jobs

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

#: Scripts that check, or write what is read by people or shared: cheap, and free to depend on any setting.
PRESENTED = {
    *("entities_check_splits", "find_text_overlap", "check_text_overlap", "count_mentions"),
    *("entities_tables", "entities_claims", "entities_figure"),
    *("check_splits", "contact_sheet", "find_duplicates", "memory_tables", "memory_claims", "memory_figure"),
    *(
        "general_overlap",
        "general_tables",
        "general_claims",
        "general_figure",
        "levels_tables",
        "levels_claims",
    ),
    *("results_page", "result_numbers", "model_cards", "track", "write_report", "publish", "bundle"),
    *("export_tagger", "tagger_cards"),
}
#: Setting -> the scripts that compute and depend on it themselves; what is made from their outputs follows.
#: The first pattern that fits counts. `*` stands for a name.
RERUNS = {
    "data_root": set(),
    "seeds": {
        *("train_stage", "evaluate_models", "fit_operators", "represent_faces", "general_views"),
        *("solve_task", "export_student", "entities_train_stage", "entities_evaluate_models"),
    },
    "memory.seeds": {"train_stage", "evaluate_models"},
    "general.seeds": {"fit_operators", "represent_faces", "general_views", "solve_task", "export_student"},
    # The card of the exported student names the titles of the data and of the tasks.
    "datasets.*.title": {"export_student"},
    "datasets.*.published": set(),
    "datasets.*.source": set(),
    "datasets.*.show_faces": set(),
    "datasets.*.drawn.*": {"draw_faces"},
    "datasets.*.detect": {"prepare_faces"},
    "datasets.*.boxes": {"prepare_faces"},
    "datasets.*.links": {"read_dataset", "prepare_faces"},
    # A number of folds is one of models.
    "datasets.*.split.folds": {"split_subjects", "train_stage", "evaluate_models"},
    "datasets.*.split.*": {"split_subjects"},
    "datasets.*.shards": {"extract_embeddings", "represent_faces"},
    "texts.*.drawn.*": {"draw_text"},
    "texts.*.kind": {"read_text", "prepare_text", "entities_train_stage", "entities_evaluate_models"},
    # Whether the owners' subsets count decides what becomes of a document that stands in two of them.
    "texts.*.split.folds": {
        *("read_text", "split_documents", "entities_train_stage", "entities_evaluate_models"),
    },
    "texts.*.split.sizes": {"read_text", "split_documents"},
    "texts.*.split.*": {"split_documents"},
    "texts.*.title": set(),
    "texts.*.published": set(),
    "texts.*.show_text": set(),
    "texts.*.source": set(),
    "texts.*": {"read_text"},
    # Every job takes the label sets before it begins.
    "labels.*": {
        *("draw_faces", "read_dataset", "prepare_faces", "split_subjects", "train_stage", "evaluate_models"),
        *("train_encoder", "extract_embeddings", "fit_operators", "train_student", "represent_faces"),
        *("general_views", "check_targets", "solve_task", "export_student"),
        *("draw_text", "read_text", "prepare_text", "split_documents"),
        *("entities_train_stage", "entities_evaluate_models"),
    },
    "faces.size": {"prepare_faces", "train_stage"},
    "faces.*": {"prepare_faces"},
    "memory.network.*": {"train_stage"},
    "memory.recipe.*": {"train_stage"},
    "memory.transfers": set(),
    # With it another rule writes the subsets.
    "memory.drop_copies": {"split_subjects"},
    "memory.fractions": {"train_stage", "evaluate_models"},
    "memory.strategies": {"train_stage", "evaluate_models"},
    "memory.levels.*": {"train_stage", "evaluate_models"},
    "memory.sweep.*": {"train_stage", "evaluate_models"},
    "memory.strategy.*.title": set(),
    # The example is a chain that the levels have too: without it, its model is there all the same.
    "memory.strategy.*.fractions": set(),
    "memory.strategy.*.stages": {"evaluate_models"},
    # Nothing is compressed in the small run.
    "general.faces.store.*": set(),
    "general.faces.*": {"prepare_faces", "export_student"},
    "general.encoders.*.published": set(),
    # Its test is a task of its own; training does not depend on it.
    "general.encoders.*.protocol": {"check_targets", "solve_task"},
    "general.encoders.*.folds": {"check_targets", "solve_task"},
    # Faces that are cut out anew have a folder of their own, which extraction then reads.
    "general.encoders.*.crop": {"extract_embeddings", "solve_task"},
    "general.encoders.*.pairs": {"check_targets", "solve_task"},
    "general.encoders.*.scratch": {"solve_task"},
    "general.encoders.*.training.*": {"train_encoder"},
    "general.encoders.*.seed": {"train_encoder"},
    "general.encoders.*.width": {"train_encoder"},
    "general.encoders.*.size": {"train_encoder", "extract_embeddings", "solve_task"},
    "general.encoders.*.embedding": {
        *("train_encoder", "extract_embeddings", "fit_operators", "train_student", "represent_faces"),
        *("solve_task", "export_student"),
    },
    # There must be more faces than values of h_G, which follow from the hidden sizes.
    "general.fusion.hidden": {"check_targets", "fit_operators", "train_student", "solve_task"},
    "general.fusion.sizes": {"fit_operators", "represent_faces", "solve_task"},
    "general.fusion.noise": {"fit_operators"},
    "general.fusion.kl": {"fit_operators"},
    "general.fusion.balance": {"fit_operators", "represent_faces", "solve_task"},
    # The decoder behind a finished student is trained in the same way.
    "general.fusion.training.*": {"fit_operators", "train_student"},
    "general.students": {"train_student", "represent_faces", "solve_task"},
    "general.student.width": {"train_student", "solve_task", "export_student"},
    "general.student.training.*": {"train_student", "export_student"},
    "general.student.size": {"train_student", "solve_task"},
    "general.student.teacher_dropping": {"train_student"},
    "general.student.tuning.*": {"solve_task"},
    "general.head.training.*": {"solve_task"},
    "general.head.*": {"train_encoder", "solve_task"},
    "general.augment.*": {"train_encoder", "train_student", "solve_task"},
    "general.extraction_precision": {"extract_embeddings"},
    "general.top": {"solve_task"},
    "general.baselines": {"solve_task"},
    "general.unsolvable": {"check_targets", "solve_task"},
    "general.targets.*.title": {"export_student"},
    "general.targets.*.published": set(),
    "general.targets.*.stands_for": set(),
    "general.targets.*.note": set(),
    "general.targets.*": {"check_targets", "solve_task"},
    "entities.seeds": {"entities_train_stage", "entities_evaluate_models"},
    "entities.networks.*": {"entities_train_stage"},
    # What is learnt from a text of language says what is measured of it.
    "entities.recipe.*.objective": {"entities_train_stage", "entities_evaluate_models"},
    "entities.recipe.*": {"entities_train_stage"},
    "entities.transfers": set(),
    "entities.strategy.*.title": set(),
    # The small run has one target.
    "entities.strategy.*.targets": set(),
    "entities.allow_overlap": set(),
    "entities.export": set(),
    # What models there are.
    "entities.*": {"entities_train_stage", "entities_evaluate_models"},
    "compute.seeds_per_job": {"train_stage", "fit_operators", "entities_train_stage"},
    "compute.*": set(),
    "evidence.*": set(),
    "publishing.*": set(),
    "estimate.*": set(),
}
#: Values that differ from what the smoke configuration has, where the next number would change nothing.
OTHERS = {
    "seeds": [[1]],
    "fractions": [[100], [25]],
    "targets": [["species"]],
    "partners": [["chemicals"]],
    "seeds_per_job": [1],
    "seed": [77],
    # Of lists with one entry: another one.
    "strategies": [["BL", "FC"], ["FC", "FU"]],
    # In the sweep, its own epochs.
    "FU": [[2]],
    "baselines": [["constant", "hog"]],
    "extraction_precision": ["bf16"],
    "epochs": [[3]],
    "links": [["/elsewhere"]],
    "age_edges": [[10.0, 20.0, 30.0]],
    "folds": [{"folds": 2, "scheme": "subject"}],
    "sizes": [{"sizes": [170, 30, 40], "scheme": "subject"}],
}
#: Of settings with one entry a name, the entries that stand for all others.
EXAMPLES = {
    ("datasets",): {"wild"},
    ("texts",): {"genes"},
    ("memory", "recipe"): {"tune", "lwf", "ewc", "l2sp", "replay"},
    ("memory", "strategy"): {"Chain"},
    ("entities", "networks"): {"bilstm"},
    ("entities", "recipe"): {"tune", "language", "ewc"},
    ("entities", "strategy"): {"LM2"},
    ("general", "encoders"): {"expression"},
    ("general", "targets"): {"gender", "verification"},
}
#: Of entries with the same settings, the first of which stands for all: what the others are there for.
OWN = {
    ("memory", "recipe", "lwf"): {"epochs", "distillation", "temperature"},
    ("memory", "recipe", "ewc"): {"epochs", "elastic", "fisher_samples"},
    ("memory", "recipe", "l2sp"): {"epochs", "l2_sp"},
    ("memory", "recipe", "replay"): {"epochs", "replay"},
    ("entities", "recipe", "language"): {"epochs", "objective", "network"},
    ("entities", "recipe", "ewc"): {"epochs", "elastic", "fisher_samples"},
    ("general", "targets", "verification"): {"dataset", "task", "protocol", "pairs"},
}


def expected(setting: str) -> set[str] | None:
    """Return the table's entry for a setting."""
    return next((RERUNS[pattern] for pattern in RERUNS if fnmatch(setting, pattern)), None)


def stands_for_others(path: tuple[str, ...]) -> bool:
    chosen = {**EXAMPLES, **OWN}.items()
    return all(path[len(above)] in names for above, names in chosen if path[: len(above)] == above)


@pytest.fixture(scope="module")
def reruns(tmp_path_factory):
    """Return setting -> the scripts whose own parameters, inputs or outputs change with it."""
    folder = copy_checkout(tmp_path_factory.mktemp("settings") / "engram")
    targets = ("all", "publish", "bundle")
    done = snakemake(folder, *targets, "-n", "--quiet", "host", "--configfile", "config/smoke.yaml")
    jobs, config = listed_jobs(done.stdout), read_config("smoke")
    # What is given from here on is the whole configuration: to read it each time takes a fifth of a plan.
    (folder / "config/default.yaml").write_text("{}\n", encoding="utf-8")
    before, found = depends_on(jobs, config, folder), {}
    assert sum(map(len, before.values())) > 100
    for path, value in leaves(load_settings(read_config("smoke")).model_dump(mode="json")):
        setting = ".".join(path)
        other = (
            changed(config, path, value, OTHERS) if stands_for_others(path) and path != ("results",) else None
        )
        if other is not None:
            after = depends_on(jobs, other, folder)
            found[setting] = {script for script in before if after.get(script) != before[script]}
    # Rules put the label sets of their configuration in force, here in the process of the tests.
    load_settings(config).labels.use()
    return found


def test_each_setting_reruns_what_the_table_says(reruns):
    """No more: training is dear. No less: results would be stale. A new setting needs a row."""
    assert len(reruns) > 80
    wrong = {
        setting: (scripts - PRESENTED, expected(setting))
        for setting, scripts in reruns.items()
        if scripts - PRESENTED != expected(setting)
    }
    assert wrong == {}


def test_headings_and_printed_figures_reach_what_shows_them(reruns):
    """A new title is a new table."""
    for setting in ("datasets.wild.title", "datasets.wild.published"):
        assert {"memory_tables", "memory_figure"} <= reruns[setting]
    assert {"general_tables", "general_figure"} <= reruns["general.targets.gender.title"]


def test_every_row_of_the_table_is_used(reruns):
    """A row that no setting fits is a leftover."""
    used = {next(row for row in RERUNS if fnmatch(setting, row)) for setting in reruns}
    assert set(RERUNS) - used <= {
        *("general.students", "general.fusion.kl", "memory.strategies"),
        # Words, for which the test has no other value.
        *("general.unsolvable", "general.encoders.*.protocol", "texts.*.kind", "entities.recipe.*.objective"),
        *("entities.allow_overlap", "entities.export", "memory.levels.*"),
        # It goes with pairs, in which no encoder of the smallest run is tested.
        "general.encoders.*.trained_faces",
        # No encoder of the small run is imported.
        *("general.encoders.*.folds", "general.encoders.*.crop"),
    }
