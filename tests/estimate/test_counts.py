"""Counted multiply-adds against counts by hand, and against torch's own counter."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from engram.config import EncoderSettings
from engram.estimate.counts import Count, count_encoder, count_perceptron, count_resnet, count_vgg
from engram.models.backbones import ARCHITECTURES, build_backbone
from engram.models.vgg import VGG


def torch_counts(network, *inputs):
    """Return what torch counts of a forward pass over one image, in multiply-adds."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network.eval()(*inputs)
    return counter.get_total_flops() / 2


def test_the_published_network_has_its_parameters():
    """All parts together are the 19,291,207 parameters of the memory study."""
    frozen, learning, between = count_vgg(1.0, 1, 48)
    assert frozen.parameters + learning.parameters == 19_291_207
    assert between == 0


@pytest.mark.parametrize(("layers", "values"), [("classifier", 8192), ("classifier+conv", 128 * 18 * 18)])
def test_a_frozen_part_and_the_rest_are_the_whole(layers, values):
    """Where layers are frozen, both parts add up, and the cache holds what is between them."""
    _, whole, _ = count_vgg(1.0, 1, 48)
    frozen, learning, between = count_vgg(1.0, 1, 48, layers)
    assert frozen + learning == whole
    assert between == values
    assert 0 < frozen.parameters < learning.parameters


@pytest.mark.parametrize("width", [1 / 16, 1.0])
def test_multiply_adds_of_the_memory_study_s_network(width):
    """As torch counts them."""
    expected = torch_counts(VGG({"expression": 7}, width=width), torch.zeros(1, 1, 48, 48), "expression")
    assert count_vgg(width, 1, 48)[1].adds == expected


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_multiply_adds_of_the_encoders(architecture):
    """As torch counts them, grouped convolutions too."""
    network = build_backbone(architecture, embedding=32, width=8, channels=3)
    encoder = EncoderSettings(
        task="gender", dataset="any", embedding=32, size=64, architecture=architecture, width=8
    )
    count, assumed = count_encoder(encoder)
    assert count.adds == torch_counts(network, torch.zeros(1, 3, 64, 64))
    assert count.parameters == sum(each.numel() for each in network.parameters())
    assert not assumed


def test_the_published_student_has_its_parameters():
    """Width 27 with a projection to 1,024 values."""
    assert count_resnet(27, 48, 1024).parameters == 2_216_023


def test_a_perceptron_by_hand():
    """Weights are multiply-adds, biases are parameters besides."""
    count = count_perceptron([4, 3, 2])
    assert (count.adds, count.parameters, count.values, count.passing) == (18, 23, 5, 7)


def test_what_passes_through_at_once_is_one_layer_s():
    """The rectifier behind the first convolution takes and gives 64 maps of 46 x 46 (a student's: 27 of 24).

    Behind the frozen features 8,192 values enter the first layer, 2,048 leave it.
    """
    frozen, learning, _ = count_vgg(1.0, 1, 48, "classifier")
    assert (frozen.passing, learning.passing) == (270_848, 10_240)
    assert count_vgg(1.0, 1, 48)[1].passing == 270_848
    assert count_resnet(27, 48, 1024).passing == 31_104


def test_networks_behind_one_another_hold_the_larger_s_values():
    """Sums of all but what passes through at once."""
    both = Count(1, 2, 3, 40) + Count(10, 20, 30, 4)
    assert both == Count(11, 22, 33, 40)


def test_an_architecture_by_name_is_counted_and_a_program_assumed():
    """What torchvision knows needs no file to be counted; a TorchScript file says nothing unread."""
    imported = {"file": "none", "sha256": "0" * 64}
    named = EncoderSettings(
        task="object",
        embedding=512,
        size=224,
        imported={"format": "torchvision", "architecture": "resnet18", **imported},
    )
    count, assumed = count_encoder(named)
    assert not assumed
    assert count.adds == pytest.approx(1.81e9, rel=0.01)
    assert count.parameters == 11_689_512
    program = EncoderSettings(task="object", embedding=512, imported={"format": "torchscript", **imported})
    assert count_encoder(program)[1]
