"""The pilot: it measures the very networks, each once, and says what it cannot measure."""

import os

import pytest
import torch

from engram.config import ComputeSettings, TrainingSettings
from engram.core.errors import EstimateError
from engram.estimate import pilot
from engram.estimate.cost import workload_key
from engram.estimate.networks import build
from engram.estimate.pilot import run_pilot
from engram.studies.general.workload import GeneralWork
from engram.studies.memory.workload import vgg
from engram.training.workload import Network, Workload
from tests.estimate.conftest import settings_of, sizes_of

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


def test_each_step_is_measured():
    """Its seconds, the memory of its own process, and the network's size."""
    found = run_pilot([TRAINING, TRAINING, FORWARD], CPU, 1).measured
    assert {*found} == {workload_key(TRAINING), workload_key(FORWARD)}
    step = found[workload_key(TRAINING)]
    assert 0 < step.seconds < 1
    assert step.memory > 10_000_000
    assert (step.gpu_memory, step.parameters, step.input_values) == (0, 3 * (8 * 4 + 4 + 4 * 2 + 2), 8 * 8)


def test_a_network_that_is_killed_is_named(monkeypatch):
    """As the system does when memory runs out."""
    monkeypatch.setattr(pilot, "build", lambda *_: os._exit(9))
    with pytest.raises(EstimateError, match=r"the pilot of .*heads.* ended .*more memory than there is"):
        run_pilot([TRAINING], CPU, 1)


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
