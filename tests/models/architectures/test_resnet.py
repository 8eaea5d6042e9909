"""The student's network: its size is the printed one, and it is ResNet-18."""

import pytest
import torch
import torchvision

from engram.models.architectures.resnet import ResNet


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("width", "parameters"), [(27, 2_216_023), (24, 1_773_784)])
def test_the_published_student_has_its_parameters(width, parameters):
    """Section 3.3 prints 2.2 M with a projection to 1,024; the text's 75 times fewer is width 24."""
    assert count(ResNet(1024, width=width)) == parameters


def test_at_full_width_it_is_torchvision_s_resnet_18():
    """With the other's weights it gives the other's outputs: an independent reference."""
    torch.manual_seed(0)
    ours, theirs = ResNet(10, width=64).eval(), torchvision.models.resnet18(num_classes=10).eval()
    assert count(ours) == count(theirs)
    state = dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True))
    ours.load_state_dict(state)
    images = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(ours(images), theirs(images))


@pytest.mark.parametrize(("channels", "size"), [(1, 48), (3, 33)])
def test_any_channels_and_size(channels, size):
    """Grey images and odd sizes give embeddings of the size asked for."""
    assert ResNet(5, width=4, channels=channels)(torch.zeros(2, channels, size, size)).shape == (2, 5)


@pytest.mark.parametrize("width", [3, 4, 8, 20])
def test_narrow_networks_have_the_gradients_of_double_precision(width):
    """A reference in float64 and the usual memory order gives the same gradients, at any width."""
    torch.manual_seed(width)
    network = ResNet(5, width=width)
    images = torch.rand(8, 3, 48, 48)
    gradients = []
    for copy, inputs in (
        (copy_of(network, 3, width).double(), images.double()),
        (
            copy_of(network, 3, width).to(memory_format=torch.channels_last),
            images.contiguous(memory_format=torch.channels_last),
        ),
    ):
        copy(inputs).square().sum().backward()
        gradients.append([parameter.grad.double() for parameter in copy.parameters()])
    for exact, found in zip(*gradients, strict=True):
        torch.testing.assert_close(found, exact, rtol=1e-3, atol=1e-3 * float(exact.abs().max()))


def copy_of(network, channels, width):
    same = ResNet(5, width=width, channels=channels)
    same.load_state_dict(network.state_dict())
    return same
