"""Jobs of several processes give what one process gives, on one node and on two."""

import json
import os
import shutil
import sys
from functools import partial

import numpy as np
import pytest
import torch

from engram.config import load_settings
from engram.core.errors import ConfigurationError, EmbeddingError
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import read_record
from engram.data.images.align import Face
from engram.data.images.store import BOX, FaceStore, write_faces
from engram.models.backbone_files import Backbone, load_backbone, save_backbone
from engram.models.files import read_tensors
from engram.models.inputs import FaceInputs
from engram.studies.general.extraction import extract_embeddings
from engram.studies.general.jobs.pipeline import extraction_job, student_job
from engram.studies.general.students import train_student
from tests.studies import taught_world
from tests.studies.general_world import general_settings, store_general_faces
from tests.studies.stage_runs import run_stages
from tests.training.teams import beside, run_step

#: How far float32 sums in another order may bring these short runs apart: of every figure of a curve, and
#: of all weights, each relative to its size. (In float64 `tests/learning/test_together.py` allows nothing.)
CURVE, WEIGHTS = 1e-3, 1e-3


def assert_alike(one, two):
    """Compare two runs by their records' curves and their models' weights, within the tolerance."""
    record, other = (read_record(folder / "record.json") for folder in (one, two))
    assert (record.environment["processes"], other.environment["processes"]) == ("1", "2")
    assert len(record.history) == len(other.history) > 1
    for before, after in zip(record.history, other.history, strict=True):
        assert after == pytest.approx(before, rel=CURVE)
    tensors, found = (read_tensors(folder / "model.safetensors")[0] for folder in (one, two))
    assert set(tensors) == set(found)
    before, after = (
        torch.cat([run[name].double().flatten() for name in tensors]) for run in (tensors, found)
    )
    assert (after - before).norm() < WEIGHTS * before.norm()


@pytest.mark.slow
def test_two_processes_train_the_stages_that_one_trains(world, tmp_path):
    """With dropout, a last batch that is not whole, cached features, frozen layers, a head that no longer
    learns, replay, distillation and elastic weights: the same curves and weights within the tolerance.
    """
    names = ["portraits.base", "wild.base", "portraits.base/wild.base"]
    names += [f"wild.base/studio.{recipe}" for recipe in ("head", "tail", "replay", "lwf", "ewc")]
    together = beside(world, tmp_path)
    run_stages(world, names)
    run_stages(together, names, processes=2)
    for name in names:
        assert_alike(world[1].model_folder(name, 1), together[1].model_folder(name, 1))
    first, chained = (
        read_tensors(together[1].model(name, 1))[0] for name in ("portraits.base", "portraits.base/wild.base")
    )
    assert torch.equal(first["heads.age_group.weight"], chained["heads.age_group.weight"])
    assert not list((together[1].root / "scratch").glob("*/*"))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "student"), [("unique", {}), ("unic", {"teacher_dropping": 0.5})])
def test_two_processes_train_the_student_that_one_trains(tmp_path, kind, student):
    """With batch normalisation over the whole batch, and teachers dropped face by face."""
    training = {"epochs": 3, "batch_size": 32, "learning_rate": 0.0005}
    world = taught_world.make_world(tmp_path, training=training, **student)
    together = beside(world, tmp_path)
    run_step(train_student, student_job, kind=kind, seed=1, world=world)
    run_step(train_student, student_job, kind=kind, seed=1, world=together, processes=2)
    one, two = (where.student(kind, 1) for where in (world[1], together[1]))
    assert_alike(one, two)
    assert (two / "reconstruction.parquet").exists()


def extract(names, **how):
    """Extract the one shard of the crowd's embeddings by some encoders."""
    job = partial(extraction_job, group="group", encoders=names)
    run_step(extract_embeddings, job, dataset="crowd", shard=0, **how)


@pytest.fixture
def encoders(tmp_path):
    """Return settings and the layout of a folder with two encoders of random weights and their faces."""
    settings, layout = general_settings(), Layout(tmp_path / "results")
    for name in ("age", "attributes"):
        chosen = settings.general.encoders[name]
        torch.manual_seed(0)
        shape = {key: getattr(chosen, key) for key in ("architecture", "embedding", "width")}
        shape |= {"head": None, "normalised": False}
        backbone = Backbone.build(shape, FaceInputs(chosen.size, chosen.colour), {})
        save_backbone(layout.encoder(name) / "model.safetensors", backbone)
    store_general_faces(layout, settings, "crowd", images=75)
    return settings, layout


@pytest.mark.slow
def test_two_processes_extract_the_bytes_that_one_extracts(encoders):
    """Each takes whole batches, so that no bit differs; nothing is left beside shards and records."""
    extract(["age", "attributes"], world=encoders)
    layout = encoders[1]
    expected = {path: path.read_bytes() for path in (layout.general / "embeddings").rglob("*.npy")}
    shutil.rmtree(layout.general / "embeddings")
    extract(["age", "attributes"], world=encoders, processes=2)
    assert {path: path.read_bytes() for path in expected} == expected
    assert len(list((layout.general / "embeddings").rglob("*.*"))) == 2 * len(expected) == 4
    record = read_record(layout.embeddings("crowd", "age") / "shard-0.json")
    assert (record.metrics["faces"], record.environment["processes"]) == (75, "2")


@pytest.mark.slow
def test_an_error_of_one_process_is_the_error_of_the_job(encoders):
    """The second process finds an embedding that is not finite: its message is raised, nothing is written."""
    settings, layout = encoders
    store = FaceStore.open(layout.faces("crowd", GENERAL_CROP))
    size, channels = store.faces.shape[2:]
    faces = [
        Face(np.full((size, size, channels), 127 if row < 64 else 255, np.uint8), found, False, (0.0,) * 4)
        for row, found in enumerate(store.detected)
    ]
    manifest = store.index.drop(columns=["detected", "eyes", *BOX])
    store = write_faces(store.folder, manifest, faces, size, channels)
    path = layout.encoder("age") / "model.safetensors"
    backbone = load_backbone(path)
    with torch.inference_mode():
        projection = backbone.network.backbone.projection
        projection.bias.zero_()
        grey, white = backbone.network.embed(backbone.inputs(np.array(store.faces[[0, 64]]))).abs()
        assert white.max() > 20 * grey.max()
        projection.weight *= 4e5 / white.max()
    save_backbone(path, backbone)
    half = settings.model_copy(update={"general": settings.general.model_copy(update={"dtype": "float16"})})
    with pytest.raises(EmbeddingError, match=r"encoder 'age': .* image 'crowd\.npy#64'"):
        extract(["age"], world=(half, layout), processes=2)
    assert not list((layout.general / "embeddings").rglob("*.*"))
    assert not list((layout.root / "scratch").iterdir())


#: Stands for SLURM's srun: starts the command once for each node, all with its standard input.
_SRUN = """#!{python}
import subprocess, sys
nodes = next(int(word.split("=")[1]) for word in sys.argv if word.startswith("--nodes="))
command = sys.argv[next(i for i, word in enumerate(sys.argv) if i and not word.startswith("--")) :]
sys.exit(max([step.wait() for step in [subprocess.Popen(command) for _ in range(nodes)]]))
"""


@pytest.mark.slow
def test_two_nodes_meet_and_share_a_job(encoders, tmp_path, monkeypatch):
    """Each node's torchrun finds the other: two nodes of one process extract what one process extracts."""
    srun = tmp_path / "bin/srun"
    srun.parent.mkdir()
    srun.write_text(_SRUN.format(python=sys.executable), encoding="utf-8")
    srun.chmod(0o755)
    extract(["age"], world=encoders)
    path = encoders[1].embeddings("crowd", "age") / "shard-0.npy"
    expected = path.read_bytes()
    path.unlink()
    monkeypatch.setenv("PATH", f"{srun.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    extract(["age"], world=encoders, nodes=2)
    assert path.read_bytes() == expected
    assert read_record(path.with_suffix(".json")).environment["processes"] == "2"


def test_several_nodes_need_slurm(encoders, monkeypatch):
    """Outside a job of SLURM the error says what to do."""
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(ConfigurationError, match=r"compute\.nodes is 2, .* profiles/slurm"):
        extract(["age"], world=encoders, nodes=2)


def test_settings_reach_the_processes_whole(default_config):
    """What goes through JSON comes back the same, and compiling is refused."""
    settings = load_settings(default_config)
    assert load_settings(json.loads(json.dumps(settings.model_dump(mode="json")))) == settings
    compute = {**default_config["compute"], "processes": 2, "compile": True}
    with pytest.raises(ConfigurationError, match="compile: what several processes train is not compiled"):
        load_settings({**default_config, "compute": compute})
