"""The pilot: it measures the very networks, each once, and says what it cannot measure."""

import os

import pytest
import torch

from engram.config import ComputeSettings, TrainingSettings
from engram.core.errors import EstimateError
from engram.estimate import pilot
from engram.estimate.measured import Measured, Pilot, read_pilot, workload_key
from engram.estimate.networks import build
from engram.estimate.pilot import run_pilot
from engram.studies.general.workload import GeneralWork
from engram.studies.memory.workload import vgg
from engram.training.workload import Network, Workload
from tests.estimate.conftest import STEP, settings_of, sizes_of

CPU = ComputeSettings(device="cpu", precision="fp32")
PUBLISHED = {"width": 1.0, "dropout": 0.5, "channels": 1, "size": 48}
HEADS = Network(kind="heads", settings={"layers": [8, 4, 2], "count": 3})
TRAINING = Workload.training(HEADS, 16, TrainingSettings(batch_size=8))
FORWARD = Workload.forward(HEADS, 16)


def built(workload):
    """Return a workload's network on the processor."""
    return build(workload, lambda network: network)


def parameters_of(network, batch=2):
    """Return the number of a network's parameters, and the shape of what it gives."""
    found = built(Workload.forward(network, batch))
    with torch.inference_mode():
        outputs = found.call(found.samples())
    return sum(parameter.numel() for parameter in found.parameters), tuple(outputs.shape)


def test_a_step_is_measured_once(tmp_path):
    """What is known on this device is kept; another device's numbers are, too."""
    first = run_pilot([TRAINING, TRAINING], Pilot(), CPU, 1)
    found = first.find(TRAINING)[1]
    assert 0 < found.seconds < 1
    assert found.memory > 10_000_000
    assert (found.gpu_memory, found.parameters, found.input_values) == (0, 3 * (8 * 4 + 4 + 4 * 2 + 2), 8 * 8)
    known = Pilot(measured={first.device: {workload_key(TRAINING): STEP}, "a GPU": {"network": STEP}})
    second = run_pilot([TRAINING, FORWARD], known, CPU, 1)
    assert second.find(TRAINING)[1] == STEP
    assert second.find(FORWARD)[1] != STEP
    assert second.measured["a GPU"] == {"network": STEP}
    path = tmp_path / "pilot.json"
    path.write_text(second.model_dump_json())
    assert read_pilot(path) == second


def test_threads_and_format_are_another_device():
    """A number measured with one thread says nothing of two."""
    names = {run_pilot([], Pilot(), CPU, threads).device for threads in (1, 2)}
    names.add(run_pilot([], Pilot(), CPU.model_copy(update={"precision": "bf16"}), 1).device)
    assert len(names) == 3


def test_a_network_that_is_killed_is_named(monkeypatch):
    """As the system does when memory runs out."""
    monkeypatch.setattr(pilot, "build", lambda *_: os._exit(9))
    with pytest.raises(EstimateError, match=r"the pilot of .*heads.* ended .*more memory than there is"):
        run_pilot([TRAINING], Pilot(), CPU, 1)


def test_a_damaged_file_is_named(tmp_path):
    """With the way out; no file at all is no error."""
    path = tmp_path / "pilot.json"
    assert read_pilot(path) == Pilot()
    path.write_text('{"device": 1')
    with pytest.raises(EstimateError, match=r"pilot\.json: this is no file of a pilot .* Delete it"):
        read_pilot(path)


@pytest.mark.parametrize(
    ("layers", "part", "outputs", "values"),
    [
        ("all", "learning", (2, 7), 48 * 48),
        ("classifier", "learning", (2, 7), 8192),
        ("classifier+conv", "learning", (2, 7), 128 * 18 * 18),
        ("classifier", "frozen", (2, 8192), 48 * 48),
    ],
)
def test_the_published_network_of_the_memory_study(layers, part, outputs, values):
    """All of its 19,291,207 parameters, whatever part of it runs; frozen layers' features go in."""
    network = vgg(PUBLISHED, "expression", layers, part)
    assert parameters_of(network) == (19_291_207, outputs)
    assert built(Workload.forward(network, 2)).input_values == values


def test_frozen_layers_do_not_learn():
    """Only the classifier of the narrow network has gradients."""
    found = built(Workload.forward(vgg({**PUBLISHED, "width": 0.0625}, "expression", "classifier"), 2))
    learning = sum(each.numel() for each in found.parameters if each.requires_grad)
    assert 0 < learning < sum(each.numel() for each in found.parameters)


def test_the_published_networks_of_the_general_study():
    """Six embeddings of 5,488 values together: 49,346,544 parameters fuse, 2,216,023 are the student."""
    general = settings_of("default").general
    sizes = dict(zip(general.encoders, (2048, 512, 512, 512, 512, 1392), strict=True))
    encoders = {
        name: chosen.model_copy(update={"embedding": sizes[name]})
        for name, chosen in general.encoders.items()
    }
    student = general.student.model_copy(update={"width": 27})
    fusion = general.fusion.model_copy(update={"hidden": None})
    general = general.model_copy(update={"encoders": encoders, "student": student, "fusion": fusion})
    settings = settings_of("default").model_copy(update={"general": general})
    work = GeneralWork(settings, sizes_of(settings))
    assert parameters_of(work.operator("ae").workloads[0].network) == (49_346_544, (2, 5488))
    assert parameters_of(work.student("unique").workloads[0].network) == (2_216_023, (2, 1024))
    assert parameters_of(work.student("mt").workloads[0].network)[1] == (2, 5488)
    assert parameters_of(work.student("unic").workloads[0].network)[1] == (2, 5488)


def test_every_network_of_the_smoke_run_can_be_built():
    """Encoders of all architectures, operators, students with heads, and heads."""
    settings = settings_of("smoke")
    work = GeneralWork(settings, sizes_of(settings))
    task = next(iter(settings.general.targets))
    found = [work.encoder(name) for name in settings.general.encoders]
    found += [work.operator(name) for name in ("pca", "vae", "dae", "size_8")]
    found += [work.finetune(task, method) for method in ("cnn", "p_cnn", "h_mt_tuned")]
    found += [work.selection("age_press") if "age_press" in work.tasks else work.probe(task)]
    networks = {each.network.key: each.network for part in found for each in part.workloads}
    assert len(networks) > 10
    for network in networks.values():
        parameters, outputs = parameters_of(network)
        assert parameters > 0 or network.kind == "operator"
        assert outputs[-2] == 2


def test_imported_encoders_are_their_architectures():
    """A library's by its name; of a program in a file nothing is known, so a ResNet-50 stands for it."""
    shape = {"size": 32, "colour": "rgb", "stored": 48, "layer": None}
    named = {**shape, "format": "torchvision", "architecture": "resnet18"}
    program = {**shape, "format": "onnx", "architecture": None}
    assert parameters_of(Network(kind="imported", settings=named)) == (11_689_512, (2, 1000))
    assert parameters_of(Network(kind="imported", settings=program)) == (25_557_032, (2, 1000))


def test_measured_values_are_plain():
    """What a file holds can be read without torch."""
    assert Measured.model_validate_json(STEP.model_dump_json()) == STEP
