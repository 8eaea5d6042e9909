"""Fusion: every operator is fitted, measured on faces it has not seen, and the same each time."""

import multiprocessing
import os
import signal
import time
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
import torch

from engram.config import EncoderSettings, load_settings
from engram.core.errors import ConfigurationError, EmbeddingError, TrainingError
from engram.core.paths import GENERAL_CROP, Layout
from engram.core.records import read_record
from engram.data.images.align import Face
from engram.data.images.store import FaceStore, write_faces
from engram.data.splitting import write_split
from engram.models.autoencoders import Autoencoder
from engram.models.fusion_operators import build_network, load_operator
from engram.studies.general.encoders.embeddings import Embeddings
from engram.studies.general.fusion.fitting import fit_operators, random_embeddings
from engram.studies.general.fusion.reconstruction import ReconstructionTask
from engram.studies.general.jobs.files import GeneralFiles
from engram.studies.general.jobs.pipeline import operator_job
from engram.studies.general.operators import OPERATORS, fusion_operators
from engram.studies.general.plan import operators
from tests.conftest import read_config
from tests.studies.located import located

ENCODERS = {"expression": 5, "identity": 12, "age": 7}
FACES, SHARDS = 400, 3


def make_settings(epochs=8, **fusion):
    """Return settings of three encoders whose embeddings of `crowd` are fused."""
    config = deepcopy(read_config("smoke"))
    config["compute"] = {"device": "cpu", "precision": "fp32", "checkpoint_seconds": 0.0}
    config["datasets"]["crowd"]["shards"] = SHARDS
    general = config["general"]
    general["encoders"] = {
        name: {"task": name, "dataset": "wild" if name == "expression" else "portraits", "embedding": size}
        for name, size in ENCODERS.items()
    }
    recipe = {"epochs": epochs, "patience": epochs, "batch_size": 32, "learning_rate": 0.003}
    general["fusion"] = {"sizes": [2, 9], "training": recipe, **fusion}
    return load_settings(config)


def store_embeddings(layout, settings):
    """Store faces of which each tenth was not found, a split, and embeddings of six hidden values."""
    rng = np.random.default_rng(0)
    manifest = pd.DataFrame({"image": range(FACES), "subject": [f"p{i // 4}" for i in range(FACES)]})
    pixels = np.zeros((4, 4, 3), np.uint8)
    faces = (Face(pixels, i % 10 != 9, False, (0.0,) * 4) for i in range(FACES))
    write_faces(layout.faces("crowd", GENERAL_CROP), manifest.astype(str), faces, 4, 3)
    subset = np.repeat(["train", "validation", "test"], [300, 40, 60])
    rank = np.where(subset == "train", np.arange(FACES), -1)
    table = pd.DataFrame(
        {"row": range(FACES), "subject": manifest["subject"], "subset": subset, "rank": rank}
    )
    write_split(layout.split("crowd"), table)
    hidden = rng.standard_normal((FACES, 6))
    hidden[9::10] = 0.0
    for name, size in ENCODERS.items():
        values = np.tanh(hidden @ rng.standard_normal((6, size)) / 2) * size
        folder = layout.embeddings("crowd", name)
        folder.mkdir(parents=True)
        for shard in range(SHARDS):
            rows = slice(FACES * shard // SHARDS, FACES * (shard + 1) // SHARDS)
            np.save(folder / f"shard-{shard}.npy", values[rows].astype(np.float32))


@pytest.fixture
def world(tmp_path):
    """Return settings and the layout of a folder with faces, their split and their embeddings."""
    settings, layout = make_settings(), Layout(tmp_path / "results")
    store_embeddings(layout, settings)
    return settings, layout


def load(layout, settings):
    files = GeneralFiles(settings, layout).embeddings("crowd")
    return Embeddings.load(files, ENCODERS, "float32")


def fit(world, names, seeds=(1,), settings=None):
    job = operator_job(located(settings or world[0], world[1]), "operators", list(names), list(seeds))
    fit_operators(*job.fill(), threads=1, code="code")


def test_every_operator_is_fitted_and_measured(world):
    """Models, records and reconstructions of all operators; the scratch folder is empty again."""
    settings, layout = world
    names = operators(settings.general)
    assert names == ["concat", "pca", "ae", "vae", "dae", "size_2", "size_9"]
    fit(world, names, (1, 2))
    for name in names:
        for seed in (1, 2):
            folder = layout.fusion(name, seed)
            record = read_record(folder / "record.json")
            operator = load_operator(folder / "model.safetensors", ENCODERS)
            assert (
                operator.size
                == fusion_operators(settings.general)[name].network_settings(settings.general)["sizes"][-1]
            )
            assert (record.kind, record.name, record.seed) == ("fusion", name, seed)
            assert record.timings["train"] >= 0
            assert set(record.inputs) == {f"crowd/{encoder}" for encoder in ENCODERS}
            assert record.metrics["training_faces"] == 270
    assert not list((layout.root / "scratch").rglob("*.*"))


def test_reconstruction_is_of_the_detected_test_faces(world):
    """Rows, subjects and errors are those of the faces found in the test subset, checked by hand."""
    settings, layout = world
    fit(world, ["ae"])
    folder = layout.fusion("ae", 1)
    table = pd.read_parquet(folder / "reconstruction.parquet")
    expected = [row for row in range(340, 400) if row % 10 != 9]
    assert list(table) == ["row", "subject", "operator", "seed", *ENCODERS]
    assert table["row"].tolist() == expected
    assert table["subject"].tolist() == [f"p{row // 4}" for row in expected]
    operator = load_operator(folder / "model.safetensors")
    raw = load(layout, settings).rows(np.array(expected))
    squares = np.square(operator.decode(operator.encode(raw)) - operator.standardise(raw))
    assert np.allclose(table["expression"], squares[:, :5].mean(axis=1), atol=1e-6)
    assert np.allclose(table["age"], squares[:, 17:].mean(axis=1), atol=1e-6)
    metrics = read_record(folder / "record.json").metrics
    assert metrics["rmse/age"] == pytest.approx(np.sqrt(squares[:, 17:].mean()), rel=1e-5)


def test_operators_learn_and_chance_does_not(world):
    """All are far better than random embeddings, whose normalised RMSE is near 1.4; tiny codes are worse."""
    _, layout = world
    fit(world, ["concat", "pca", "ae", "vae", "dae", "size_2"], settings=make_settings(epochs=40))
    metrics = {
        name: read_record(layout.fusion(name, 1) / "record.json").metrics
        for name in ("concat", "pca", "ae", "vae", "dae", "size_2")
    }
    assert metrics["concat"]["random_rmse/average"] == pytest.approx(1.41, abs=0.05)
    assert "rmse/average" not in metrics["concat"]
    for name in ("pca", "ae", "vae", "dae"):
        assert metrics[name]["rmse/average"] < 0.7
    assert metrics["size_2"]["rmse/average"] > metrics["ae"]["rmse/average"] + 0.1
    table = pd.read_parquet(layout.fusion("concat", 1) / "reconstruction.parquet")
    assert set(table["operator"]) == {"random"}


def test_random_embeddings_have_the_faces_own_scale():
    """Mean 0, standard deviation 1, and independent of anything: 1.414 from standardised values."""
    rng = np.random.default_rng(0)
    drawn = random_embeddings((2000, 50), rng)
    assert drawn.mean() == pytest.approx(0.0, abs=0.01)
    assert drawn.std() == pytest.approx(1.0, abs=0.01)
    other = rng.standard_normal((2000, 50))
    assert np.sqrt(np.square(drawn - other).mean()) == pytest.approx(2**0.5, abs=0.01)


def test_the_scale_is_that_of_detected_training_faces(world):
    """Mean and deviation leave out validation, test and faces that were not found."""
    settings, layout = world
    fit(world, ["concat"])
    operator = load_operator(layout.fusion("concat", 1) / "model.safetensors")
    rows = np.array([row for row in range(300) if row % 10 != 9])
    raw = load(layout, settings).rows(rows)
    assert np.allclose(operator.module.mean, raw.mean(axis=0), atol=1e-5)
    assert np.allclose(operator.module.std, raw.std(axis=0), rtol=1e-4)


def test_the_seed_matters_where_it_should(world):
    """Twice the same seed gives the same bytes; another seed another autoencoder, but the same PCA."""
    _, layout = world
    fit(world, ["concat", "pca", "ae"], (1, 2))
    model = lambda name, seed: (layout.fusion(name, seed) / "model.safetensors").read_bytes()  # noqa: E731
    first = model("ae", 1)
    assert first != model("ae", 2)
    assert model("pca", 1) == model("pca", 2)
    assert model("concat", 1) == model("concat", 2)
    reconstruction = (layout.fusion("ae", 1) / "reconstruction.parquet").read_bytes()
    fit(world, ["ae"])
    assert model("ae", 1) == first
    assert (layout.fusion("ae", 1) / "reconstruction.parquet").read_bytes() == reconstruction


def test_the_published_operators_have_the_published_layers():
    """With the published embeddings' sizes the layers are 5488-3136-1792-1024, and the sweep's end in d."""
    published = {
        "identity": 2048,
        "object": 2048,
        "age": 512,
        "gender": 512,
        "attributes": 256,
        "expression": 112,
    }
    encoders = {
        name: EncoderSettings(task=name, dataset="crowd", embedding=size) for name, size in published.items()
    }
    small = make_settings().general
    general = small.model_copy(update={"encoders": encoders})
    assert OPERATORS["ae"].network_settings(general) == {"kind": "ae", "sizes": [5488, 3136, 1792, 1024]}
    assert OPERATORS["pca"].network_settings(general)["sizes"] == [5488, 1024]
    assert fusion_operators(small)["size_9"].layers(small) == [24, 17, 12, 9]
    assert OPERATORS["dae"].network_settings(small)["noise"] == small.fusion.noise


@pytest.mark.parametrize("size", [2, 9, 20, 24])
def test_a_code_of_the_sweep_can_have_the_rank_of_its_size(size):
    """No layer is narrower than the code, whichever size it has beside h_G's."""
    small = make_settings(sizes=[size]).general
    sizes = fusion_operators(small)[f"size_{size}"].layers(small)
    assert sizes[0] == 24
    assert min(sizes) == sizes[-1] == size
    torch.manual_seed(0)
    network = Autoencoder(sizes)
    network.start()
    with torch.inference_mode():
        codes = network.encode(torch.randn(200, 24))
        rebuilt = network.decode(codes)
    assert torch.linalg.matrix_rank(codes - codes.mean(0), rtol=1e-4) == size
    assert torch.linalg.matrix_rank(rebuilt - rebuilt.mean(0), rtol=1e-4) >= size


def test_the_default_weight_of_the_divergence_is_that_of_the_evidence_bound():
    """The loss is 2 / T times the negative bound, less a constant, of noise of variance 1."""
    settings = make_settings().general
    operator = OPERATORS["vae"]
    total, *_, size = operator.layers(settings)
    (kl,) = operator.loss_settings(settings).values()
    assert kl == 2 * size / total
    assert operator.loss_settings(make_settings(kl=0.01).general) == {"kl": 0.01}
    torch.manual_seed(0)
    network = build_network(operator.network_settings(settings)).eval()
    inputs = torch.randn(6, total)
    mean, logs = network.encoder(inputs).chunk(2, dim=1)
    posterior = torch.distributions.Normal(mean, (logs / 2).exp())
    divergence = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0.0, 1.0)).sum(1)
    likelihood = torch.distributions.Normal(network.decode(mean), 1.0).log_prob(inputs).sum(1)
    constant = np.log(2 * np.pi) * total / 2
    bound = (likelihood + constant - divergence).mean()
    loss = ReconstructionTask(network, kl)(inputs, inputs)["loss"]
    assert loss.item() == pytest.approx(-2 / total * bound.item(), rel=1e-5)


def test_a_balanced_autoencoder_serves_the_small_embedding_better(world):
    """Where codes are short, the weight of each encoder decides what is kept; the others give way."""
    settings, layout = world
    settings = make_settings(epochs=30, balance=True, hidden=[14, 3])
    assert "ae_balanced" in operators(settings.general)
    assert "ae_balanced" not in operators(make_settings().general)
    fit(world, ["ae", "ae_balanced"], (1, 2, 3), settings=settings)
    errors = {
        name: np.mean(
            [
                [
                    read_record(layout.fusion(name, seed) / "record.json").metrics[f"rmse/{each}"]
                    for each in ENCODERS
                ]
                for seed in (1, 2, 3)
            ],
            axis=0,
        )
        for name in ("ae", "ae_balanced")
    }
    better = errors["ae"] - errors["ae_balanced"]
    assert better[0] > 0 > better[1]


def _fit_slowly(root):
    torch.set_num_threads(1)
    fit((make_settings(epochs=30), Layout(root)), ["ae", "dae"])


def test_a_killed_job_resumes_to_the_same_bytes(world):
    """SIGKILL while the second operator learns; the next run goes on and ends with the same bytes."""
    _, layout = world
    _fit_slowly(layout.root)
    models = [layout.fusion(name, 1) / "model.safetensors" for name in ("ae", "dae")]
    expected = [model.read_bytes() for model in models]
    for model in models:
        model.unlink()
    # Spawned: a fork would inherit torch's threads.
    process = multiprocessing.get_context("spawn").Process(target=_fit_slowly, args=(layout.root,))
    process.start()
    checkpoint = layout.scratch("fusion/dae", 1) / "checkpoint.safetensors"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert checkpoint.exists()
    assert not models[1].exists()
    _fit_slowly(layout.root)
    assert [model.read_bytes() for model in models] == expected


def test_an_unknown_operator_is_refused(world):
    """The message lists those there are."""
    with pytest.raises(ConfigurationError, match=r"unknown operator 'size_3'\. Known: concat, pca"):
        fit(world, ["ae", "size_3"])


def test_embeddings_of_other_faces_are_refused(world):
    """More faces than embeddings: nothing is fitted."""
    _, layout = world
    store = FaceStore.load(layout.faces("crowd", GENERAL_CROP))
    manifest = pd.concat([store.index, store.index.iloc[:30]])[["image", "subject"]]
    faces = (Face(np.zeros((4, 4, 3), np.uint8), True, False, (0.0,) * 4) for _ in range(len(manifest)))
    write_faces(layout.faces("crowd", GENERAL_CROP), manifest, faces, 4, 3)
    with pytest.raises(EmbeddingError, match="400 faces, but 430 are stored"):
        fit(world, ["concat"])


@pytest.mark.parametrize("subset", ["train", "validation", "test"])
def test_a_subset_without_detected_faces_is_refused(world, subset):
    """An empty subset stops before anything is fitted, with its name."""
    _, layout = world
    store = FaceStore.load(layout.faces("crowd", GENERAL_CROP))
    rows = pd.read_csv(layout.split("crowd")).query("subset == @subset")["row"].to_numpy()
    missing = set(rows.tolist())
    faces = (Face(np.zeros((4, 4, 3), np.uint8), i not in missing, False, (0.0,) * 4) for i in range(FACES))
    write_faces(layout.faces("crowd", GENERAL_CROP), store.index[["image", "subject"]], faces, 4, 3)
    with pytest.raises(TrainingError, match=rf"\(crowd\): no face was detected in their {subset} subset"):
        fit(world, ["concat"])


def test_an_embedding_that_is_not_finite_stops_with_its_encoder(world):
    """A NaN among the training faces names the encoder."""
    _, layout = world
    path = layout.embeddings("crowd", "age") / "shard-1.npy"
    values = np.load(path)
    values[5, 2] = np.nan
    np.save(path, values)
    with pytest.raises(EmbeddingError, match="encoder 'age': an embedding is not finite"):
        fit(world, ["pca"])
