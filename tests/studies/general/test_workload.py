"""What jobs of the demonstration's general study take, worked out by hand."""

import pytest

from engram.studies.general.operators import fused_sizes
from engram.studies.general.task_plan import general_tasks
from engram.studies.general.workload import GeneralWork
from tests.estimate.conftest import settings_of, sizes_of


@pytest.fixture(scope="module")
def smoke():
    """Return the works of the smoke configuration, seeds 1 and 2."""
    settings = settings_of("smoke")
    return GeneralWork(settings, sizes_of(settings))


def test_an_encoder_trains_on_its_data_set(smoke):
    """90 drawn faces: 49 learn in batches of 32 and 17, 14 validate in one pass; 2 epochs."""
    training, validation = smoke.encoder("attributes").workloads
    assert smoke.general.encoders["attributes"].dataset == "celebrities"
    assert (training.steps, training.batch, training.models) == (2 * 2, 32, 1)
    assert (validation.steps, validation.batch) == (2, 14)
    assert training.network.settings["head"]["outputs"] == 40


def test_a_shard_is_a_fraction_of_the_faces():
    """Two shards of 160 faces are 80 each: one pass, as on a GPU."""
    settings = settings_of("smoke")
    crowd = settings.datasets["crowd"].model_copy(update={"shards": 2})
    settings = settings.model_copy(update={"datasets": {**settings.datasets, "crowd": crowd}})
    work = GeneralWork(settings, sizes_of(settings)).embeddings("crowd", "age")
    (forward,) = work.workloads
    assert (forward.steps, forward.batch, forward.learns) == (1, 80, False)
    assert (forward.on_gpu().steps, forward.on_gpu().batch) == (1, 80)
    assert work.disk == 80 * settings.general.encoders["age"].embedding * 4


def test_operators_learn_from_all_unlabelled_faces(smoke):
    """120 of crowd's 160 faces, two batches an epoch; nothing is trained for concat and PCA."""
    training, validation, tested = smoke.operator("vae").workloads
    assert (training.steps, training.batch, training.models) == (3 * 2, 64, 1)
    assert (validation.steps, tested.steps) == (3, 1)
    assert smoke.operator("concat").workloads == []
    (pca,) = smoke.operator("pca").workloads
    assert (pca.learns, pca.models) == (False, 1)
    assert smoke.operator("size_8").workloads[0].network.settings["sizes"][-1] == 8


@pytest.mark.parametrize(("kind", "decoder"), [("unique", "none"), ("mt", "layers"), ("unic", "projectors")])
def test_a_student_is_trained_with_its_decoder(smoke, kind, decoder):
    """Embeddings are kept for the decoder that follows; one that learns h_G keeps targets, too."""
    work = smoke.student(kind)
    assert work.workloads[0].network.settings["decoder"] == decoder
    held = 160 + (120 + 16 if kind == "unique" else 0)
    assert work.scratch == 4 * fused_sizes(smoke.general)[-1] * held


def test_heads_of_all_seeds_and_folds_train_together(smoke):
    """Of album's 4 subjects each is left out once: eight heads of two seeds are one group."""
    (name,) = (t.name for t in general_tasks(smoke.general) if t.protocol == "leave_one_out")
    workloads = [each for each in smoke.probe(name).workloads if each.learns]
    assert {each.network.settings["count"] for each in workloads} == {8}
    # Of 32 faces 16 are left when one subject is tested and one validates: one batch, 3 epochs.
    assert {(each.steps, each.batch) for each in workloads} == {(3, 16)}


def test_a_nested_search_trains_heads_for_each_subject_alone(smoke):
    """BT's and BCT's head for each of four subjects and two seeds; kernels of five inner folds choose."""
    (name,) = (t.name for t in general_tasks(smoke.general) if t.protocol == "leave_one_out")
    work = smoke.selection(name)
    assert {each.network.settings["count"] for each in work.workloads if each.learns} == {8}
    kernels, subsets, faces = 4 * 5, 63, 16
    assert work.core_seconds == pytest.approx(kernels * subsets * 0.063 * (faces / 1500) ** 2)


def test_heads_that_do_not_fit_together_take_turns(smoke):
    """Of 10 heads of 1,000,000 weights each, 4 train together: two groups of 4 and one of 2."""
    work = smoke._heads([1000, 1000], 10, train=64, validation=10)
    counts = [(each.network.settings["count"], each.steps) for each in work.workloads if each.learns]
    batches = -(-64 // smoke.general.head.training.batch_size)
    assert counts == [(4, 2 * 3 * batches), (2, 3 * batches)]


def test_pairs_train_no_head(smoke):
    """Verification learns nothing on frozen embeddings, but whole networks learn for it."""
    name = next(t.name for t in general_tasks(smoke.general) if t.protocol == "pairs" and t.role == "target")
    assert smoke.probe(name).workloads == smoke.selection(name).workloads == []
    assert smoke.finetune(name, "cnn").workloads[0].learns


def test_a_search_trains_every_subset(smoke):
    """All 63 subsets of six encoders and the kernel's best again, for each of two seeds."""
    name = next(t.name for t in general_tasks(smoke.general) if t.protocol == "split" and t.role == "target")
    training = [each for each in smoke.selection(name).workloads if each.learns]
    assert sum(each.network.settings["count"] for each in training) == 63 + min(5, smoke.general.top)
