"""The training loop: it learns, stops, chooses by validation, and resumes to the same bytes."""

import os
import signal

import numpy as np
import pytest
import torch

from engram.config import AugmentSettings, RecipeSettings
from engram.core.errors import InterruptionError, TrainingError
from engram.models.files import save_model
from engram.models.vgg import VGG
from engram.training import checkpoints, feeding
from engram.training.batches import ImageBatches, plain_batches
from engram.training.checkpoints import Checkpoint
from engram.training.classification import ClassificationTask
from engram.training.device import Device
from engram.training.labelled_faces import Part, Subset
from engram.training.loop import fit, score

CPU = Device(torch.device("cpu"), "fp32")
RECIPE = RecipeSettings(
    epochs=6, patience=6, learning_rate=0.003, batch_size=16, augment=AugmentSettings(shift=1)
)


class KilledError(Exception):
    """Stands for the end of a process."""


class DyingBatches(ImageBatches):
    """Batches of a process that is killed in the middle of an epoch."""

    def __init__(self, *arguments, epoch):
        super().__init__(*arguments)
        self.last = epoch

    def epoch(self, number):
        """Yield the epoch's batches until the process dies."""
        for count, batch in enumerate(super().epoch(number)):
            if number == self.last and count == 1:
                raise KilledError
            yield batch


class SignalledBatches(ImageBatches):
    """Batches of a process that is sent a signal in the middle of an epoch."""

    def __init__(self, *arguments, epoch, number):
        super().__init__(*arguments)
        self.last, self.number = epoch, number

    def epoch(self, number):
        """Yield the epoch's batches; the signal comes with the second."""
        for count, batch in enumerate(super().epoch(number)):
            if number == self.last and count == 1:
                os.kill(os.getpid(), self.number)
            yield batch


@pytest.fixture
def subset():
    """Faces whose brighter half tells the class: easy to learn."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 64)
    faces = rng.integers(0, 100, (64, 48, 48, 1), np.uint8)
    faces[labels == 1, 24:] += 120
    faces[labels == 0, :24] += 120
    return Subset([Part(faces, np.arange(64), labels)])


def make_task():
    torch.manual_seed(1)
    return ClassificationTask(CPU.place(VGG({"gender": 2}, width=0.05, dropout=0.2)), "gender")


def train(task, subset, folder, recipe=RECIPE, batches=None, fingerprint="a", seconds=0.0, **steps):
    batches = batches or ImageBatches(subset, recipe.batch_size, recipe.augment, 5)
    checkpoint = Checkpoint(folder, fingerprint, seconds)
    validation = lambda: plain_batches(subset)  # noqa: E731
    return fit(task, batches, validation, recipe, device=CPU, seed=5, checkpoint=checkpoint, **steps)


def test_it_learns_what_can_be_learnt(subset, tmp_path):
    """An easy task is solved and the loss falls."""
    task = make_task()
    state = train(task, subset, tmp_path / "c")
    assert state.history[-1]["loss"] < state.history[0]["loss"]
    assert score(task, plain_batches(subset), CPU)[0] > 0.9


@pytest.mark.parametrize("steps", [{}, {"clip": 1.0, "averaging": 0.9}])
def test_a_killed_run_resumes_to_the_same_bytes(subset, tmp_path, steps):
    """Killed in the middle of epoch 4 and started again: model and history are those of a whole run."""
    whole, parts = make_task(), make_task()
    expected = train(whole, subset, tmp_path / "whole", **steps)
    dying = DyingBatches(subset, RECIPE.batch_size, RECIPE.augment, 5, epoch=4)
    with pytest.raises(KilledError):
        train(parts, subset, tmp_path / "parts", batches=dying, **steps)
    again = make_task()
    state = train(again, subset, tmp_path / "parts", **steps)
    save_model(tmp_path / "whole.safetensors", whole.network)
    save_model(tmp_path / "again.safetensors", again.network)
    assert (tmp_path / "whole.safetensors").read_bytes() == (tmp_path / "again.safetensors").read_bytes()
    assert state.history == expected.history


def test_what_solves_the_task_already_may_stay_as_it_is(subset, tmp_path):
    """Steps that only spoil a solved task are undone: the weights before the first epoch were the best."""
    task = make_task()
    train(task, subset, tmp_path / "c")
    before = {name: value.clone() for name, value in task.network.state_dict().items()}
    wild = RECIPE.model_copy(update={"learning_rate": 10.0, "epochs": 2})
    state = fit(
        task,
        ImageBatches(subset, wild.batch_size, wild.augment, 5),
        lambda: plain_batches(subset),
        wild,
        device=CPU,
        seed=5,
        from_start=True,
    )
    assert int(state.best_epoch) == 0
    for name, value in task.network.state_dict().items():
        assert torch.equal(value, before[name]), name


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_asked_to_stop_it_writes_its_checkpoint_at_once(subset, tmp_path, number):
    """The epoch is finished and kept though none was due, and the next run ends with a whole run's bytes."""
    whole, again = make_task(), make_task()
    expected = train(whole, subset, tmp_path / "whole")
    asked = SignalledBatches(subset, RECIPE.batch_size, RECIPE.augment, 5, epoch=4, number=number)
    with pytest.raises(InterruptionError, match=f"{number.name} came, so it stopped after epoch 4 of 6"):
        train(make_task(), subset, tmp_path / "parts", batches=asked, seconds=1e9)
    resumed = SignalledBatches(subset, RECIPE.batch_size, RECIPE.augment, 5, epoch=4, number=number)
    state = train(again, subset, tmp_path / "parts", batches=resumed, seconds=1e9)
    assert state.history == expected.history
    save_model(tmp_path / "whole.safetensors", whole.network)
    save_model(tmp_path / "again.safetensors", again.network)
    assert (tmp_path / "whole.safetensors").read_bytes() == (tmp_path / "again.safetensors").read_bytes()


def test_asked_to_stop_it_writes_no_state_twice(subset, tmp_path, monkeypatch):
    """Where a checkpoint was due after that epoch anyway, it is not written once more."""
    written = []
    write = checkpoints.write_tensors
    monkeypatch.setattr(
        checkpoints, "write_tensors", lambda *call: (written.append(call[2]["epoch"]), write(*call))
    )
    asked = SignalledBatches(subset, RECIPE.batch_size, RECIPE.augment, 5, epoch=2, number=signal.SIGTERM)
    with pytest.raises(InterruptionError, match="after epoch 2 of 6"):
        train(make_task(), subset, tmp_path / "parts", batches=asked)
    assert written == [1, 2]


def test_asked_while_the_last_checkpoint_is_written_it_stops_too(subset, tmp_path, monkeypatch):
    """A cluster tells once: whoever trains several networks must not begin the next one after that."""
    save = Checkpoint.save

    def save_and_be_asked(checkpoint, network, optimiser, state, *, now=False):
        save(checkpoint, network, optimiser, state, now=now)
        if state.epoch == RECIPE.epochs and not now:
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(Checkpoint, "save", save_and_be_asked)
    with pytest.raises(InterruptionError, match="after epoch 6 of 6"):
        train(make_task(), subset, tmp_path / "parts")


def test_a_checkpoint_of_another_run_is_not_used(subset, tmp_path):
    """Other settings, other data or other code: the run starts anew."""
    train(make_task(), subset, tmp_path / "c", RECIPE.model_copy(update={"epochs": 2}))
    task = make_task()
    state = train(task, subset, tmp_path / "c", RECIPE.model_copy(update={"epochs": 3}), fingerprint="b")
    assert [entry["epoch"] for entry in state.history] == [1, 2, 3]
    assert state.history[0]["learning_rate"] == RECIPE.learning_rate


def test_a_checkpoint_of_other_hardware_is_not_used_silently(subset, tmp_path, monkeypatch, capsys):
    """The log says whose it is; the run starts anew, and on the first machine it goes on."""
    recipe = RECIPE.model_copy(update={"epochs": 2})
    train(make_task(), subset, tmp_path / "c", recipe)
    train(make_task(), subset, tmp_path / "c", recipe)
    assert "going on after epoch 2" in capsys.readouterr().out
    monkeypatch.setattr(checkpoints, "hardware", lambda: {"processor": "Other 3000", "gpu": "H1"})
    state = train(make_task(), subset, tmp_path / "c", recipe)
    said = capsys.readouterr()
    assert "going on" not in said.out
    assert f"WARNING: {tmp_path / 'c'}: this run's checkpoint was written on other hardware" in said.err
    assert "this is Other 3000, H1" in said.err
    assert [entry["epoch"] for entry in state.history] == [1, 2]


def test_what_is_finished_stays_good_on_other_hardware(tmp_path, monkeypatch):
    """A job that comes back on another node does not train again what it had finished."""
    made = tmp_path / "model"
    made.write_text("model")
    Checkpoint(tmp_path / "c", "a", 0.0).keep([made])
    made.unlink()
    monkeypatch.setattr(checkpoints, "hardware", lambda: {"processor": "Other 3000"})
    assert Checkpoint(tmp_path / "c", "a", 0.0).give_back([made])
    assert made.read_text() == "model"


def test_a_damaged_checkpoint_costs_time_not_truth(subset, tmp_path):
    """A truncated checkpoint is passed over and the run gives what it would have given."""
    expected = train(make_task(), subset, tmp_path / "whole")
    train(make_task(), subset, tmp_path / "c", RECIPE)
    file = tmp_path / "c" / "checkpoint.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    assert train(make_task(), subset, tmp_path / "c").history == expected.history


def test_the_best_epoch_by_validation_is_kept(subset, tmp_path):
    """The network ends with the weights that scored best, not with the last."""
    task = make_task()
    recipe = RECIPE.model_copy(update={"learning_rate": 0.02, "epochs": 8, "patience": 8})
    state = train(task, subset, tmp_path / "c", recipe)
    best = max(state.history, key=lambda e: (e["validation_accuracy"], -e["validation_loss"]))
    assert state.best_epoch == best["epoch"]
    accuracy, loss = score(task, plain_batches(subset), CPU)
    assert (accuracy, loss) == (best["validation_accuracy"], best["validation_loss"])


def test_averages_are_what_is_validated_and_kept(subset, tmp_path):
    """Steps stay as they were; scores and the kept weights are those of the averages."""
    plain, averaged = make_task(), make_task()
    recipe = RECIPE.model_copy(update={"epochs": 1, "patience": 1})
    first = train(plain, subset, tmp_path / "plain", recipe)
    state = train(averaged, subset, tmp_path / "averaged", recipe, averaging=0.9)
    assert state.history[0]["loss"] == first.history[0]["loss"]
    assert state.history[0]["validation_loss"] != first.history[0]["validation_loss"]
    assert float(score(averaged, plain_batches(subset), CPU)[1]) == state.history[0]["validation_loss"]
    learnt = [dict(task.network.named_parameters()) for task in (plain, averaged)]
    assert any(not torch.equal(learnt[0][name], learnt[1][name]) for name in learnt[0])


def test_patience_ends_a_run_that_no_longer_gains(subset, tmp_path):
    """With nothing to gain, training stops after the patience is used up."""
    recipe = RECIPE.model_copy(update={"learning_rate": 1e-12, "epochs": 50, "patience": 3})
    state = train(make_task(), subset, tmp_path / "c", recipe)
    assert len(state.history) == state.best_epoch + 3 < 50


def test_a_diverging_loss_stops_with_a_way_out(subset, tmp_path):
    """An infinite loss is an error at once, not a model."""
    recipe = RECIPE.model_copy(update={"learning_rate": 1e12})
    with pytest.raises(TrainingError, match="Lower its learning_rate"):
        train(make_task(), subset, tmp_path / "c", recipe)


class Decoding:
    """Faces that are decoded, so that an epoch has parts."""

    streams = True

    def __init__(self, faces):
        self._faces, self.shape, self.dtype = faces, faces.shape, faces.dtype

    def __len__(self):
        return len(self._faces)

    def __getitem__(self, rows):
        """Return the faces at some rows."""
        return self._faces[rows]


@pytest.mark.parametrize(("seconds", "number"), [(0.0, None), (1e9, signal.SIGTERM)])
def test_a_run_resumes_within_an_epoch_to_the_same_bytes(
    subset, tmp_path, monkeypatch, capsys, seconds, number
):
    """Killed or asked to stop in epoch 3, a training on decoded faces goes on from the part it had done."""
    monkeypatch.setattr(feeding, "STEPS", 1)
    (part,) = subset._parts
    decoded = Subset([Part(Decoding(part.faces), part.rows, part.labels)])
    whole, again = make_task(), make_task()
    expected = train(whole, decoded, tmp_path / "whole")
    assert len(expected.history) == 6

    class Stopped(ImageBatches):
        def epoch(self, epoch, part=None):
            for batch in super().epoch(epoch, part):
                if (epoch, part) == (3, 2):
                    if number is None:
                        raise KilledError
                    os.kill(os.getpid(), number)
                yield batch

    stopped = Stopped(decoded, RECIPE.batch_size, RECIPE.augment, 5)
    with pytest.raises((KilledError, InterruptionError)) as raised:
        train(make_task(), decoded, tmp_path / "parts", batches=stopped, seconds=seconds)
    if number:
        assert "stopped after epoch 2 of 6 and 3 parts of the next" in str(raised.value)
    state = train(again, decoded, tmp_path / "parts", seconds=seconds)
    assert f"going on after epoch 2 and {3 if number else 2} parts of the next" in capsys.readouterr().out
    assert state.history == expected.history
    save_model(tmp_path / "whole.safetensors", whole.network)
    save_model(tmp_path / "again.safetensors", again.network)
    assert (tmp_path / "whole.safetensors").read_bytes() == (tmp_path / "again.safetensors").read_bytes()
