"""Imported encoders: small models in each form give what they gave before, and wrong ones are refused."""

import pickle
import sys

import pytest
import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

from engram.core.errors import EncoderError
from engram.models.imported import ImportedFile, load_imported
from tests.models.imported.files import (
    IMAGES,
    TIMM,
    TORCHVISION,
    embed,
    load,
    onnx_file,
    script_file,
    torchvision_file,
)


def test_torchvision_layer(tmp_path):
    """A layer's map is averaged over the image; the head's other classes do not matter."""
    network, path = torchvision_file(tmp_path)
    encoder = load(path, "torchvision", 1024, architecture=TORCHVISION, layer="conv5")
    trunk = nn.Sequential(*list(network.children())[:-1])
    with torch.inference_mode():
        expected = trunk(IMAGES).mean((2, 3))
    torch.testing.assert_close(embed(encoder), expected)


def test_torchvision_output(tmp_path):
    """Without a layer the network's own output is the embedding."""
    network, path = torchvision_file(tmp_path, classes=1000)
    encoder = load(path, "torchvision", 1000, architecture=TORCHVISION)
    with torch.inference_mode():
        torch.testing.assert_close(embed(encoder), network(IMAGES))


def test_weights_behind_the_layer_may_be_missing(tmp_path):
    """A file without a head serves as well."""
    without = lambda state: {name: value for name, value in state.items() if not name.startswith("fc")}  # noqa: E731
    _, path = torchvision_file(tmp_path, change=without)
    encoder = load(path, "torchvision", 1024, architecture=TORCHVISION, layer="conv5")
    assert embed(encoder).shape == (3, 1024)


@pytest.mark.parametrize("name", ["conv1.0.weight", "conv5.1.running_mean", "stage3.0.branch2.0.bias"])
def test_weights_before_the_layer_must_be_there(tmp_path, name):
    """A weight or a statistic that the embedding depends on is missed by its name."""
    known = name in torchvision.models.get_model(TORCHVISION, weights=None).state_dict()
    if known:
        change = lambda state: {key: value for key, value in state.items() if key != name}  # noqa: E731
    else:
        change = lambda state: {**state, name: torch.zeros(2)}  # noqa: E731
    _, path = torchvision_file(tmp_path, change=change)
    problem = "lacks" if known else "has besides"
    with pytest.raises(EncoderError, match=rf"net\.safetensors: .*fit {TORCHVISION}: it {problem}.* {name}"):
        load(path, "torchvision", 1024, architecture=TORCHVISION, layer="conv5")


def test_timm(tmp_path):
    """A timm network gives its pooled features, in as many channels as the faces have."""
    torch.manual_seed(0)
    network = timm.create_model(TIMM, pretrained=False, num_classes=4, in_chans=1).eval()
    save_file(network.state_dict(), tmp_path / "net.safetensors")
    encoder = load(
        tmp_path / "net.safetensors", "timm", 96, architecture=TIMM, layer="global_pool", channels=1
    )
    grey = IMAGES[:, :1]
    with torch.inference_mode():
        expected = network.forward_head(network.forward_features(grey), pre_logits=True)
    torch.testing.assert_close(embed(encoder, grey), expected)


def test_torchscript(tmp_path):
    """An archive gives its output, in its own number format even within an autocast."""
    network = nn.Sequential(nn.Conv2d(3, 6, 5), nn.ReLU())
    encoder = load(script_file(tmp_path, network), "torchscript", 6)
    with torch.inference_mode():
        expected = network(IMAGES).mean((2, 3))
    torch.testing.assert_close(embed(encoder), expected)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(embed(encoder), expected)


def test_an_encoder_does_not_learn(tmp_path):
    """It is frozen and in evaluation mode."""
    _, path = torchvision_file(tmp_path)
    encoder = load(path, "torchvision", 1024, architecture=TORCHVISION, layer="conv5")
    assert not encoder.training
    assert not any(parameter.requires_grad for parameter in encoder.parameters())


def test_another_file_is_refused_before_it_is_read(tmp_path, monkeypatch):
    """A wrong hash names both hashes, and no byte of the file is interpreted."""
    path = script_file(tmp_path, nn.Conv2d(3, 6, 5))
    monkeypatch.setattr(torch.jit, "load", lambda *_: pytest.fail("it was loaded"))
    file = ImportedFile(path, "torchscript", "0" * 64)
    with pytest.raises(EncoderError, match=rf"net\.pt: its SHA-256 is [0-9a-f]{{64}}, not {'0' * 64}"):
        load_imported(file, channels=3, size=48, embedding=6)


def test_a_missing_file_is_named(tmp_path):
    """With what to do."""
    file = ImportedFile(tmp_path / "gone.onnx", "onnx", "0" * 64)
    with pytest.raises(EncoderError, match=r"gone\.onnx: .*cannot be read \(No such file.*correct 'file'"):
        load_imported(file, channels=3, size=48, embedding=6)


@pytest.mark.parametrize("form", ["torchvision", "timm", "torchscript", "onnx"])
@pytest.mark.parametrize("content", [b"", b"no model at all", pickle.dumps({"a": 1})])
def test_damaged_files_and_pickles_are_refused(tmp_path, form, content):
    """Whatever the form, a file that holds no such model is named, and no pickle is loaded."""
    path = tmp_path / "net.bin"
    path.write_bytes(content)
    architecture = {"torchvision": TORCHVISION, "timm": TIMM}.get(form)
    with pytest.raises(EncoderError, match=r"net\.bin: .*\. (Convert|Save)"):
        load(path, form, 6, architecture=architecture)


@pytest.mark.parametrize(
    ("form", "name", "alike"),
    [("torchvision", "resnet51", "resnet50"), ("timm", "resnet51d", "resnet50d")],
)
def test_unknown_architectures(tmp_path, form, name, alike):
    """The nearest names are offered."""
    _, path = torchvision_file(tmp_path)
    with pytest.raises(EncoderError, match=rf"{form} has no architecture '{name}'\. Did you mean: .*{alike}"):
        load(path, form, 6, architecture=name)


def test_an_architecture_must_be_named(tmp_path):
    """Weights alone say nothing of their network."""
    _, path = torchvision_file(tmp_path)
    with pytest.raises(EncoderError, match="needs the name of an architecture"):
        load(path, "torchvision", 6)


@pytest.mark.parametrize(("layer", "hint"), [("conv55", "mean: conv5"), ("zzz", "last are: .*conv5.*, fc")])
def test_unknown_layers(tmp_path, layer, hint):
    """The nearest layers are offered, or else the last ones."""
    _, path = torchvision_file(tmp_path)
    with pytest.raises(EncoderError, match=f"has no layer '{layer}'.*{hint}"):
        load(path, "torchvision", 6, architecture=TORCHVISION, layer=layer)


class _Attentive(nn.Module):
    """Uses a layer's weights without calling it, as torch's attention does, and one layer not at all."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(3, 1, batch_first=True)
        self.embedding, self.head, self.unused = nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(3, 3)

    def forward(self, images):
        tokens = images.mean(3).transpose(1, 2)
        return self.head(self.embedding(self.attention(tokens, tokens, tokens)[0].mean(1)))


@pytest.fixture
def attentive(monkeypatch):
    """Let torchvision build that network under a known name."""
    monkeypatch.setattr(torchvision.models, "get_model", lambda *_, **__: _Attentive())
    return _Attentive().eval()


def test_weights_that_are_used_without_a_call_must_be_there(tmp_path, attentive):
    """What an embedding depends on is known by gradients, not by calls."""
    path, state = tmp_path / "net.safetensors", attentive.state_dict()
    chosen = {"architecture": TORCHVISION, "layer": "embedding"}
    save_file({name: value for name, value in state.items() if name != "head.weight"}, path)
    with torch.inference_mode():
        tokens = IMAGES.mean(3).transpose(1, 2)
        expected = attentive.embedding(attentive.attention(tokens, tokens, tokens)[0].mean(1))
    torch.testing.assert_close(embed(load(path, "torchvision", 4, **chosen)), expected)
    save_file({name: value for name, value in state.items() if name != "attention.out_proj.weight"}, path)
    with pytest.raises(EncoderError, match=r"lacks.* attention\.out_proj\.weight"):
        load(path, "torchvision", 4, **chosen)


def test_a_layer_that_is_not_used_is_refused(tmp_path, attentive):
    """A layer that no face passes through gives no embedding."""
    save_file(attentive.state_dict(), tmp_path / "net.safetensors")
    with pytest.raises(EncoderError, match=r"does not use its layer 'unused'\. Choose another 'layer'"):
        load(tmp_path / "net.safetensors", "torchvision", 3, architecture=TORCHVISION, layer="unused")


def test_an_archive_has_no_layers(tmp_path):
    """Of a TorchScript file only the output can be had."""
    path = script_file(tmp_path, nn.Conv2d(3, 6, 5))
    with pytest.raises(EncoderError, match="'layer' cannot be chosen"):
        load(path, "torchscript", 6, layer="0")


def test_another_embedding_size(tmp_path):
    """What it gives and what was asked for stand in the message."""
    onnx_file(tmp_path)
    with pytest.raises(
        EncoderError, match=r"gives \[2, 5\], not \[2, 8\]\. Correct 'embedding'.*'pooled' .*'logits' .*5\]"
    ):
        load(tmp_path / "net.onnx", "onnx", 8)


@pytest.mark.parametrize(
    ("channels", "size", "advice"), [(1, 48, "'size' to 48, and 'colour' to rgb"), (3, 32, r"'size' to 48\.")]
)
def test_another_input_size(tmp_path, channels, size, advice):
    """The size that the file wants is named, and what to set."""
    onnx_file(tmp_path)
    with pytest.raises(
        EncoderError, match=rf"input is 3 x 48 x 48, but .* give faces of {channels} x {size} x .*{advice}"
    ):
        load(tmp_path / "net.onnx", "onnx", 5, channels=channels, size=size)


def test_channels_that_do_not_fit_a_file_without_a_head(tmp_path):
    """Grey faces for a network of colours: said as such, though its head does not fit either."""
    _, path = torchvision_file(tmp_path)
    with pytest.raises(
        EncoderError, match=r"no embedding of faces of 1 x 48 x 48 .*Correct 'size', 'colour'"
    ):
        load(path, "torchvision", 1024, architecture=TORCHVISION, layer="conv5", channels=1)


class _Pair(nn.Module):
    def forward(self, images):
        return images.mean((2, 3)), images.mean((1, 2))


def test_several_outputs_are_no_embedding(tmp_path):
    """A network that gives a tuple is refused."""
    with pytest.raises(EncoderError, match=r"net\.pt: gives a tuple, not one array"):
        load(script_file(tmp_path, _Pair()), "torchscript", 3)


def test_an_embedding_that_is_not_finite(tmp_path):
    """Damaged weights show on a blank face."""
    network = nn.Sequential(nn.Conv2d(3, 6, 48), nn.Flatten())
    network[0].bias.data[2] = float("nan")
    with pytest.raises(EncoderError, match="blank face is not finite"):
        load(script_file(tmp_path, network), "torchscript", 6)


@pytest.mark.parametrize(("form", "package"), [("onnx", "onnxruntime"), ("timm", "timm")])
def test_a_missing_package_says_how_to_install_it(tmp_path, monkeypatch, form, package):
    """The extras are optional."""
    monkeypatch.setitem(sys.modules, package, None)
    _, path = torchvision_file(tmp_path)
    with pytest.raises(EncoderError, match=rf"needs the package {package}.*pip install 'engram\[{form}\]'"):
        load(path, form, 6, architecture=TIMM if form == "timm" else None)


def test_parameters_are_those_that_the_embedding_depends_on(tmp_path):
    """Of a torchvision file all but the classifier, of a program all or none, of ONNX its weights."""
    network, path = torchvision_file(tmp_path)
    encoder = load(path, "torchvision", 1024, architecture=TORCHVISION, layer="conv5")
    head = sum(parameter.numel() for parameter in network.fc.parameters())
    assert encoder.parameter_count == sum(parameter.numel() for parameter in network.parameters()) - head
    assert not any(parameter.requires_grad for parameter in encoder.parameters())
    script = script_file(tmp_path, network)
    assert load(script, "torchscript", 7).parameter_count == encoder.parameter_count + head
    weights = onnx_file(tmp_path)
    assert load(tmp_path / "net.onnx", "onnx", 5).parameter_count == weights.size
