"""Every configuration gives a valid plan, on a machine that has none of the data."""

import re

import pytest
import yaml

from engram.config import load_settings
from engram.studies.general.task_plan import general_tasks
from engram.studies.lineage.folds import folds_of, models
from engram.studies.lineage.trials import families
from tests.conftest import CONFIGURATIONS, ROOT, read_config
from tests.workflow.conftest import snakemake

pytestmark = pytest.mark.workflow

TASKS = general_tasks(load_settings(read_config("smoke")).general)


def planned(output: str) -> dict[str, int]:
    """Return rule -> number of jobs of a dry run."""
    table = output.split("Job stats:")[-1]
    return {rule: int(count) for rule, count in re.findall(r"^(\S+) +(\d+)$", table, re.MULTILINE)}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_configuration_has_a_plan(checkout, name):
    """`snakemake -n` works without data and plans every stage or family once a batch of seeds."""
    done = snakemake(checkout, "-n", "--quiet", "rules", "--configfile", f"config/{name}.yaml")
    jobs = planned(done.stdout)
    settings = load_settings(read_config(name))
    if settings.general is not None:
        assert jobs["general_tables"] == jobs["export_student"] == 1
    trained = models(settings.memory, folds_of(settings.datasets))
    jobs_of_a_batch = families(settings.memory, trained) if settings.compute.job == "family" else trained
    batches = -(-len(settings.seeds_of("memory")) // settings.compute.seeds_per_job)
    training = sum(count for rule, count in jobs.items() if rule.startswith("train_stage"))
    assert training == batches * len(jobs_of_a_batch)
    assert {"prepare_faces", "split_subjects", "evaluate_models", "memory_tables", "memory_claims"} <= set(
        jobs
    )


@pytest.mark.parametrize("job", ["stage", "family"])
def test_folds_train_a_model_each_and_share_the_stages_before(checkout, job):
    """With four folds of the target every stage on it is made four times, and the source's model once."""
    config = {
        "results": "results/folds",
        "datasets": {"studio": {"split": {"scheme": "subject", "folds": 4}}},
        "memory": {"strategies": ["BL", "FC", "FU"], "sweep": None, "levels": None},
        "general": None,
        "entities": None,
        "compute": {"job": job, "seeds_per_job": 2},
    }
    (checkout / "config/folds.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    files = ("--configfile", "config/smoke.yaml", "config/folds.yaml")
    said = snakemake(checkout, "memory", "-n", "--cores", "1", "--workflow-profile", "none", *files).stdout
    made = re.findall(r"models/seed1/(\S+)/model\.safetensors", "\n".join(re.findall("output: .*", said)))
    folds = range(1, 5)
    assert sorted(made) == sorted(
        [
            "wild.base",
            *(f"wild.base/studio{part}-fold{fold}.head" for fold in folds for part in ("", "-50")),
            *(f"wild+studio{part}-fold{fold}.base" for fold in folds for part in ("", "-50")),
        ]
    )
    # Fine-tuning of all folds from one parent is one family; models from random weights are one each.
    jobs = sum(count for rule, count in planned(said).items() if rule.startswith("train_stage"))
    assert jobs == (17 if job == "stage" else 10)


def test_a_study_may_have_seeds_of_its_own(checkout):
    """Models, operators and students are those of their study's seeds; each table reads all of its own."""
    config = {
        "memory": {"seeds": [1, 2, 3], "strategies": ["BL", "FC"], "sweep": None, "levels": None},
        "general": {"seeds": [4, 5]},
        "entities": None,
        "compute": {"seeds_per_job": 2},
    }
    (checkout / "config/seeds.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    files = ("--configfile", "config/smoke.yaml", "config/seeds.yaml")
    said = snakemake(checkout, "all", "-n", "--cores", "1", "--workflow-profile", "none", *files).stdout
    made = "\n".join(re.findall("output: .*", said))
    assert set(re.findall(r"models/seed(\d)", made)) == {"1", "2", "3"}
    assert set(re.findall(r"(?:fusion|students)/\w+/seed(\d)", made)) == {"4", "5"}
    reading = re.findall("input: .*", said)
    assert all("seed3" in files for files in reading if "models/seed1/" in files and "predictions" in files)


def test_a_lab_s_jobs_are_a_step_each(checkout):
    """With `compute.job: stage` subset search, probes and every network of a task are jobs of their own."""
    arguments = (
        "-n",
        "--quiet",
        "rules",
        "--configfile",
        "config/smoke.yaml",
        "--config",
        "compute={job: stage}",
    )
    jobs = planned(snakemake(checkout, "general", *arguments).stdout)
    targets = len([item for item in TASKS if item.role == "target"])
    assert jobs["search_subsets"] == targets
    assert jobs["probe"] == len(TASKS)
    # CNN, P-CNN and three fine-tuned students for a target, the study's own student for a source, and CNN
    # besides for objects.
    assert jobs["finetune_target"] == 5 * targets
    assert jobs["finetune_source"] == len(TASKS) - targets - 1
    assert jobs["finetune_source_scratch"] == 2
    assert jobs["check_targets"] == 1
    assert not any(rule.startswith("solve") for rule in jobs)


def test_imported_encoders_are_checked_not_trained(checkout):
    """An encoder given by a file has a check in place of a training, and faces of its own if it wants."""
    (checkout / "faces.onnx").write_bytes(b"a file")
    imported = {"format": "onnx", "file": "faces.onnx", "sha256": "0" * 64}
    encoder = {"embedding": 8, "size": 112, "crop": {}, "imported": imported}
    config = {"general": {"encoders": {"identity": None, "faces": encoder}}}
    (checkout / "config/imported.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    files = ("--configfile", "config/smoke.yaml", "config/imported.yaml")
    done = snakemake(checkout, "general", "-n", "--quiet", "rules", *files)
    jobs = planned(done.stdout)
    assert jobs["check_encoder"] == 1
    assert jobs["train_encoder"] == 5
    assert jobs["crop_faces"] == jobs["extract_embeddings_faces_112px_eyes_0"]
    assert jobs["extract_embeddings_size48"] >= jobs["crop_faces"] > 0


def test_one_figure_needs_no_other(checkout):
    """A figure asked for by name plans no table and no other figure."""
    figure = "results/smoke/figures/integrity.svg"
    done = snakemake(checkout, figure, "-n", "--quiet", "rules", "--configfile", "config/smoke.yaml")
    jobs = planned(done.stdout)
    assert jobs["memory_figure"] == 1
    assert "memory_tables" not in jobs


def test_a_misspelt_setting_stops_before_any_job(checkout):
    """The error names the setting and its place, without a traceback of the package."""
    done = snakemake(checkout, "-n", "--config", "compute={threads: 2}", check=False)
    assert done.returncode
    assert "compute.threads: there is no such setting" in done.stdout + done.stderr


def test_missing_data_stops_before_any_job(checkout):
    """A real run without the data says what is missing, where it is requested, and its layout."""
    # One study's: to plan the other as well takes twice as long.
    done = snakemake(checkout, "memory", "--configfile", "config/paper.yaml", check=False)
    said = done.stdout + done.stderr
    assert done.returncode
    for name in ("fer2013", "jaffe", "tfeid", "mug"):
        assert f"data/raw/{name}" in said
    assert "Kaggle" in said
    assert "fer2013.csv" in said
    assert not (checkout / "results").exists()


def test_a_missing_bert_stops_what_begins_with_it_alone(checkout):
    """A plan and other targets do without it; a run says in one line what is missing, before any job."""
    network = {"encoder": "imported", "folder": "bert", "sha256": "ab" * 32}
    entities = {"networks": {"theirs": network}, "recipe": {"base": {"network": "theirs"}}}
    (checkout / "bert.yaml").write_text(yaml.safe_dump({"entities": entities}), encoding="utf-8")
    chosen = ("--configfile", "config/smoke.yaml", "bert.yaml")
    other = "results/smoke/drawn/diseases/train.tsv"
    assert planned(snakemake(checkout, "entities", "-n", "--quiet", "rules", *chosen).stdout)["entities"] == 1
    done = snakemake(checkout, "entities", *chosen, check=False)
    said = done.stdout + done.stderr
    assert done.returncode
    assert said.count("entities.networks.theirs.folder: the folder data/raw/bert does not exist.") == 1
    assert not (checkout / "results").exists()
    snakemake(checkout, other, "--quiet", "rules", *chosen)
    assert (checkout / other).stat().st_size


def test_another_workflow_can_use_it_as_a_module(checkout, tmp_path):
    """As docs/faq.md shows: its rules get a prefix, its configuration comes from the other workflow."""
    page = (ROOT / "docs/faq.md").read_text(encoding="utf-8")
    shown = page.partition("as a module.")[2].partition("Paths of results")[0]
    lines = [line[4:] for line in shown.splitlines() if line.startswith("    ") or not line]
    other = tmp_path / "other"
    (other / "config").mkdir(parents=True)
    (other / "engram").symlink_to(checkout)
    (other / "config/mine.yaml").write_text("results: results\nseeds: [1]\n", encoding="utf-8")
    (other / "Snakefile").write_text("\n".join(lines), encoding="utf-8")
    jobs = planned(snakemake(other, "-n", "--quiet", "rules", "--cores", "1").stdout)
    assert jobs["mine"] == jobs["engram_memory_tables"] == 1
    assert {rule for rule in jobs if not rule.startswith("engram_")} == {"mine", "total"}


def test_two_jobs_on_two_cores_use_one_thread_each(checkout):
    """Rules that compute ask for one thread, so jobs in parallel never use more than there are cores."""
    chosen = ("--workflow-profile", "none", "--configfile", "config/smoke.yaml")
    said = snakemake(checkout, "-n", "--cores", "2", *chosen).stdout
    for rule in ("train_stage", "evaluate_models", "train_student", "solve_target"):
        jobs = [job for job in said.split("\n\n") if f"rule {rule}" in job]
        assert jobs, rule
        assert not any("threads:" in job for job in jobs), rule
