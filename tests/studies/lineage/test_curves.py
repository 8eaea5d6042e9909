"""Curves: what a stage's record keeps of every data set that its lineage has seen, epoch by epoch."""

import pytest

from engram.core.records import read_record
from engram.data.images.store import FaceStore
from engram.data.split import read_split
from engram.models.files import load_model
from engram.studies.lineage import stages
from engram.training.batches import plain_batches
from engram.training.labelled_faces import Subset, labelled_part
from engram.training.loop import fit
from tests.studies.stage_runs import run_stages


def record_of(world, text):
    return read_record(world[1].model_record(text, 1))


def accuracy(layout, text, dataset, task="expression"):
    """Return a stored model's accuracy on a validation subset, face by face."""
    store = FaceStore.load(layout.faces(dataset))
    part = labelled_part(store, read_split(layout.split(dataset), len(store)), task, "validation")
    network = load_model(layout.model(text, 1)).eval()
    right = [
        int((network(images, task).argmax(1) == labels).sum())
        for images, labels in plain_batches(Subset([part]))
    ]
    return sum(right) / len(part)


@pytest.mark.parametrize("recipe", ["tune", "head", "tail"])
def test_curves_start_with_the_parent_and_hold_the_chosen_epoch(world, recipe):
    """Epoch 0 is the parent's accuracy, and the best epoch's entry is that of the model that is kept."""
    run_stages(world, ["wild.base"])
    text = f"wild.base/studio.{recipe}"
    run_stages(world, [text])
    record, layout = record_of(world, text), world[1]
    assert [entry["epoch"] for entry in record.curves] == list(range(len(record.history) + 1))
    best = int(record.metrics["best_epoch"])
    for name in ("wild", "studio"):
        # Frozen layers' outputs are cached as float16: an answer at the border may differ.
        assert record.curves[0][name] == pytest.approx(accuracy(layout, "wild.base", name), abs=0.15)
        assert record.curves[best][name] == pytest.approx(accuracy(layout, text, name), abs=0.15)
    own = [entry["studio"] for entry in record.curves[1:]]
    assert own == [entry["validation_accuracy"] for entry in record.history]


def test_a_first_stage_has_curves_on_several_data_sets_alone(world):
    """Its history says what it reaches on one. Of two merged each has its own accuracy, after each epoch."""
    run_stages(world, ["wild.base"])
    assert record_of(world, "wild.base").curves == []
    run_stages(world, ["wild+studio.base"])
    record = record_of(world, "wild+studio.base")
    assert [set(entry) for entry in record.curves] == [{"epoch", "wild", "studio"}] * len(record.curves)
    assert [entry["epoch"] for entry in record.curves[1:]] == [entry["epoch"] for entry in record.history]


def test_a_level_of_other_labels_is_measured_by_its_own_head(world):
    """The chain's second level keeps the age groups that the first learnt in view."""
    run_stages(world, ["portraits.base"])
    run_stages(world, ["portraits.base/wild.base"])
    curves = record_of(world, "portraits.base/wild.base").curves
    assert set(curves[0]) == {"epoch", "portraits", "wild"}
    assert curves[0]["portraits"] == accuracy(world[1], "portraits.base", "portraits", "age_group")


def test_curves_change_no_model(world, monkeypatch):
    """With and without them the model has the same bytes."""
    _, layout = world
    run_stages(world, ["wild.base"])
    text = "wild.base/studio.tune"
    run_stages(world, [text])
    expected = layout.model(text, 1).read_bytes()
    monkeypatch.setattr(stages, "fit", lambda *given, observe, **named: fit(*given, **named))
    run_stages(world, [text])
    assert record_of(world, text).curves == []
    assert layout.model(text, 1).read_bytes() == expected


class _StoppedError(Exception):
    """The stage was stopped by the test."""


def test_an_interrupted_stage_ends_with_the_same_curves(world, monkeypatch):
    """Stopped after its first epoch, it goes on: model, history and curves are those of a whole run."""
    _, layout = world
    run_stages(world, ["wild.base"])
    text = "wild.base/studio.tune"
    run_stages(world, [text])
    expected, model = record_of(world, text), layout.model(text, 1).read_bytes()

    def stop_in_the_second_epoch(*given, observe, **named):
        seen = []

        def observe_or_stop():
            seen.append(None)
            if len(seen) == 3:
                raise _StoppedError
            return observe()

        return fit(*given, observe=observe_or_stop, **named)

    monkeypatch.setattr(stages, "fit", stop_in_the_second_epoch)
    with pytest.raises(_StoppedError):
        run_stages(world, [text])
    assert (layout.scratch(text, 1) / "checkpoint.safetensors").exists()
    monkeypatch.setattr(stages, "fit", fit)
    run_stages(world, [text])
    found = record_of(world, text)
    assert (found.curves, found.history) == (expected.curves, expected.history)
    assert layout.model(text, 1).read_bytes() == model
    assert (len(found.curves), len(found.history)) == (3, 2)
