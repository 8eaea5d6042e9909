"""What stages of the paper's configuration take, worked out by hand."""

import pytest

from engram.studies.memory.jobs.stages import MemoryStageParams, evaluation_params
from engram.studies.memory.workload import evaluation_work, stage_work
from tests.estimate.conftest import settings_of, sizes_of


@pytest.fixture(scope="module")
def paper():
    """Return the paper's settings and the printed sizes of its data sets."""
    settings = settings_of("paper")
    return settings, sizes_of(settings)


def stage(paper, lineage):
    """Return the workloads of a lineage's last stage."""
    settings, sizes = paper
    return stage_work(MemoryStageParams.from_settings(settings, [lineage], [1]), sizes).workloads


def test_a_whole_network_trains_on_every_face(paper):
    """FER: 28,709 faces in batches of 64 are 449 steps an epoch; 3,589 in passes of 128 are 29."""
    training, validation = stage(paper, "fer2013.base")
    assert (training.steps, training.batch, training.learns, training.models) == (60 * 449, 64, True, 1)
    assert (validation.steps, validation.batch, validation.learns) == (60 * 29, 128, False)
    assert training.cached == 0


def test_frozen_layers_are_computed_each_epoch(paper):
    """JAFFE at 50 %: with a view an epoch the frozen layers run on 66 faces in one pass, 60 times."""
    training, _, _, augmented, plain, earlier = stage(paper, "fer2013.base/jaffe-50.head")
    assert (training.steps, training.cached) == (60 * 2, 15 + 3589)
    assert (augmented.steps, augmented.learns, plain.steps, earlier.steps) == (60, False, 60, 29)


def test_frozen_layers_are_computed_once_a_view(paper):
    """JAFFE at 50 %: 66 of 131 faces, a batch of 64 and one of 2; four augmentations of each are cached."""
    settings, sizes = paper
    memory = settings.memory
    head = memory.recipe["head"].model_copy(update={"augmentations": 4})
    memory = memory.model_copy(update={"recipe": memory.recipe | {"head": head}})
    fewer = settings.model_copy(update={"memory": memory}), sizes
    training, validation, observed, augmented, plain, earlier = stage(fewer, "fer2013.base/jaffe-50.head")
    assert (training.steps, training.cached) == (60 * 2, 4 * 66 + 15 + 15 + 3589)
    assert (validation.steps, validation.batch) == (60, 15)
    assert (observed.steps, observed.batch, observed.learns) == (61 * 29, 128, False)
    assert (augmented.steps, augmented.learns, plain.steps, earlier.steps) == (4, False, 1, 29)
    assert augmented.network.settings["part"] == "frozen"
    assert training.network.settings["part"] == "learning"


def test_replay_trains_a_fraction_of_the_earlier_faces_along(paper):
    """MUG's 5,877 faces and the recipe's fraction of FER's 28,709."""
    found = [each for each in stage(paper, "fer2013.base/mug.replay") if each.learns]
    fractions = paper[0].memory.recipe["replay"].replay
    assert len(found) == len(fractions) == 2
    for training, fraction in zip(found, fractions, strict=True):
        faces = 5877 + round(28709 * fraction)
        assert training.steps == 60 * -(-(faces - 1) // 64)
    # One of the two is written.
    assert [training.models for training in found] == [1, 0]


def test_distillation_and_elastic_weights_cost_passes(paper):
    """LwF runs the parent on every batch; EWC takes the gradients of 256 faces first."""
    lwf, _, _, parent = stage(paper, "fer2013.base/jaffe.lwf")[:4]
    assert (parent.steps, parent.batch, parent.learns, parent.models) == (lwf.steps, lwf.batch, False, 0)
    ewc = stage(paper, "fer2013.base/jaffe.ewc")
    assert len(ewc) == 3 * 3 + 1, "three weights share one Fisher information"
    fisher = ewc[3]
    assert (fisher.steps, fisher.batch, fisher.learns) == (2, 128, True)


def test_processes_share_a_stage():
    """Four processes take a quarter of each batch, and a quarter of the validation passes."""
    settings = settings_of("paper", compute={"processes": 4})
    params = MemoryStageParams.from_settings(settings, ["fer2013.base"], [1])
    work = stage_work(params, sizes_of(settings))
    training, validation = work.workloads
    assert (work.processes, training.steps, training.batch) == (4, 60 * 449, 16)
    assert validation.steps == 60 * 29 // 4


def test_a_test_set_is_predicted_by_the_models_that_tables_ask(paper):
    """67 faces of JAFFE take one pass, for 3 seeds of BL and of all that adapt it to JAFFE, at two fractions.

    Those are FC, FC+CL, RE, FU, TO, Replay, LwF, EWC and L2-SP; what is adapted to TFEID or MUG is not asked.
    """
    (forward,) = evaluation_work(evaluation_params(paper[0], "jaffe"), *paper).workloads
    assert forward.steps == 3 * (1 + 2 * 9)


def test_the_source_is_predicted_by_every_model(paper):
    """Forgetting is asked of each of the 73 lineages: of models of the target alone, what they know of it."""
    (forward,) = evaluation_work(evaluation_params(paper[0], "fer2013"), *paper).workloads
    assert forward.steps == 3 * 73 * -(-3589 // forward.batch)
