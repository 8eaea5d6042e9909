"""The example's converter: a miniature of the package gives what plain NumPy makes of its weights."""

import hashlib
import importlib.util
import json
import shutil
import subprocess

import numpy as np
import pytest
import torch

from engram.models.imported import ImportedFile, load_imported
from tests.conftest import ROOT

EXAMPLE = ROOT / "docs/examples/pretrained-encoders"


def load_converter():
    spec = importlib.util.spec_from_file_location("convert", EXAMPLE / "convert.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


convert = load_converter()


class Miniature:
    """Draws arrays of the package's names with few channels, and writes them in its layout."""

    def __init__(self, folder):
        self.folder, self.sums, self.rng = folder / "model", {}, np.random.default_rng(3)
        self.folder.mkdir(parents=True)

    def write(self, model, shapes):
        """Write a model's weights, every second array quantised; return them as they are to be read."""
        entries, data, weights = [], b"", {}
        for number, (name, shape) in enumerate(shapes.items()):
            values = self.rng.normal(0.2, 0.4, shape).astype(np.float32)
            entry = {"name": name, "shape": list(shape), "dtype": "float32"}
            if number % 2 == 0:
                scale, least = float(np.ptp(values) / 255 or 1), float(values.min())
                stored = np.round((values - least) / scale).astype(np.uint8)
                entry["quantization"] = {"dtype": "uint8", "scale": scale, "min": least}
                values = stored * np.float32(scale) + np.float32(least)
                data += stored.tobytes()
            else:
                data += values.tobytes()
            entries.append(entry)
            weights[name] = values
        path = self.folder / f"{model}.bin"
        path.write_bytes(data)
        manifest = [{"paths": [path.name], "weights": entries}]
        (self.folder / f"{model}-weights_manifest.json").write_text(json.dumps(manifest))
        self.sums[path.name] = hashlib.sha256(data).hexdigest()
        return weights


def separable_shapes(name, given, out):
    return {
        f"{name}/depthwise_filter": (3, 3, given, 1),
        f"{name}/pointwise_filter": (1, 1, given, out),
        f"{name}/bias": (out,),
    }


def plain_shapes(name, given, out, side=3):
    return {f"{name}/filters": (side, side, given, out), f"{name}/bias": (out,)}


def dense_shapes(values):
    """Return the shapes of a dense network with 2, 2, 3 and 4 channels, whose head has ``values``."""
    found, given = {}, 3
    for block, out in enumerate((2, 2, 3, 4)):
        for place in range(4):
            make = separable_shapes if block or place else plain_shapes
            found |= make(f"dense{block}/conv{place}", out if place else given, out)
        given = out
    return found | {"fc/weights": (4, values), "fc/bias": (values,)}


def xception_shapes():
    found = plain_shapes("entry_flow/conv_in", 3, 2)
    blocks = {"entry_flow/reduction_block_0": (2, 3), "entry_flow/reduction_block_1": (3, 4)}
    for block, (given, out) in (blocks | {"exit_flow/reduction_block": (4, 5)}).items():
        found |= separable_shapes(f"{block}/separable_conv0", given, out)
        found |= separable_shapes(f"{block}/separable_conv1", out, out)
        found |= plain_shapes(f"{block}/expansion_conv", given, out, side=1)
    for block in range(2):
        for place in range(3):
            found |= separable_shapes(f"middle_flow/main_block_{block}/separable_conv{place}", 4, 4)
    found |= separable_shapes("exit_flow/separable_conv", 5, 6)
    heads = {"age": 1, "gender": 2}
    return found | {
        f"fc/{name}/{part}": (6, size) if part == "weights" else (size,)
        for name, size in heads.items()
        for part in ("weights", "bias")
    }


def identity_shapes():
    names = ["32_1", "32_2", "32_3", "64_down", "64_1", "64_2", "64_3", "128_down", "128_1", "128_2"]
    names += ["256_down", "256_1", "256_2", "256_down_out"]
    found, given = layer_shapes("conv32_down", 3, 1, 7), 1
    for name in names:
        out = 2 * given if name.endswith("down") else given
        found |= layer_shapes(f"conv{name}/conv1", given, out) | layer_shapes(f"conv{name}/conv2", out, out)
        given = out
    return found | {"fc": (given, 5)}


def layer_shapes(name, given, out, side=3):
    scale = {f"{name}/scale/weights": (out,), f"{name}/scale/biases": (out,)}
    return plain_shapes(f"{name}/conv", given, out, side) | scale


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the miniature package, its networks' weights, and the folder of the converted files."""
    folder = tmp_path_factory.mktemp("package")
    package = Miniature(folder)
    weights = {
        "identity": package.write("face_recognition_model", identity_shapes()),
        "expression": package.write("face_expression_model", dense_shapes(7)),
        "age_gender": package.write("age_gender_model", xception_shapes()),
        "landmarks": package.write("face_landmark_68_model", dense_shapes(136)),
    }
    written = convert.convert(folder, folder / "encoders", package.sums)
    return package, weights, folder / "encoders", written


# What TensorFlow.js computes, in plain NumPy: images (H, W, C), padding "same" more behind than before.


def padded(x, side, stride, fill=0.0):
    """Pad an image as TensorFlow's ``same`` does."""
    widths = []
    for length in x.shape[:2]:
        total = max(0, (-(-length // stride) - 1) * stride + side - length)
        widths.append((total // 2, total - total // 2))
    return np.pad(x, [*widths, (0, 0)], constant_values=fill)


def windows(x, side, stride):
    found = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(0, 1))
    return found[::stride, ::stride]


def conv(x, filters, bias, stride, same=True):
    side = len(filters)
    patches = windows(padded(x, side, stride) if same else x, side, stride)
    return np.einsum("hwcij,ijco->hwo", patches, filters) + bias


def separable(weights, name, x, stride=1):
    depthwise = weights[f"{name}/depthwise_filter"]
    x = np.einsum("hwcij,ijc->hwc", windows(padded(x, 3, stride), 3, stride), depthwise[..., 0])
    return x @ weights[f"{name}/pointwise_filter"][0, 0] + weights[f"{name}/bias"]


def relu(x):
    return np.maximum(x, 0)


def dense(weights, x):
    for block in range(4):
        name = f"dense{block}"
        if block:
            one = relu(separable(weights, f"{name}/conv0", x, 2))
        else:
            one = relu(conv(x, weights[f"{name}/conv0/filters"], weights[f"{name}/conv0/bias"], 2))
        two = separable(weights, f"{name}/conv1", one)
        three = separable(weights, f"{name}/conv2", relu(one + two))
        four = separable(weights, f"{name}/conv3", relu(one + (two + three)))
        x = relu(one + (two + (three + four)))
    return x.mean((0, 1))


def xception(weights, x):
    def reduce(name, x, active=True):
        out = separable(weights, f"{name}/separable_conv0", relu(x) if active else x)
        out = separable(weights, f"{name}/separable_conv1", relu(out))
        out = windows(padded(out, 3, 2, -np.inf), 3, 2).max((-1, -2))
        skip = f"{name}/expansion_conv"
        return out + conv(x, weights[f"{skip}/filters"], weights[f"{skip}/bias"], 2)

    x = relu(conv(x, weights["entry_flow/conv_in/filters"], weights["entry_flow/conv_in/bias"], 2))
    x = reduce("entry_flow/reduction_block_0", x, active=False)
    x = reduce("entry_flow/reduction_block_1", x)
    for block in range(2):
        out = x
        for place in range(3):
            out = separable(weights, f"middle_flow/main_block_{block}/separable_conv{place}", relu(out))
        x = out + x
    x = reduce("exit_flow/reduction_block", x)
    return relu(separable(weights, "exit_flow/separable_conv", x)).mean((0, 1))


def resnet(weights, x):
    def layer(name, x, stride, same):
        filters, bias = (weights[f"{name}/conv/{part}"] for part in ("filters", "bias"))
        found = conv(x, filters, bias, stride, same)
        return found * weights[f"{name}/scale/weights"] + weights[f"{name}/scale/biases"]

    x = windows(relu(layer("conv32_down", x, 2, False)), 3, 2).max((-1, -2))
    for name in dict.fromkeys(key.split("/")[0] for key in weights if key.startswith("conv")):
        if name == "conv32_down":
            continue
        down = "down" in name
        out = layer(f"{name}/conv2", relu(layer(f"{name}/conv1", x, 1 + down, not down)), 1, True)
        if down:
            x = windows(x, 2, 2).mean((-1, -2))
            if out.shape[2] != x.shape[2]:
                x = np.concatenate([x, np.zeros_like(x)], axis=2)
            out = np.pad(out, [(0, x.shape[0] - out.shape[0]), (0, x.shape[1] - out.shape[1]), (0, 0)])
        x = relu(out + x)
    return x.mean((0, 1)) @ weights["fc"]


REFERENCES = {"identity": resnet, "expression": dense, "landmarks": dense, "age_gender": xception}
SIZES = {"identity": (150, 5), "expression": (112, 4), "landmarks": (112, 4), "age_gender": (112, 6)}


@pytest.mark.parametrize("name", REFERENCES)
def test_embeddings_are_those_of_plain_numpy(made, name):
    """Both agree on faces of random pixels, to the last digits of single precision."""
    _, weights, folder, written = made
    size, embedding = SIZES[name]
    file = ImportedFile(folder / f"{name}.onnx", "onnx", written[name])
    encoder = load_imported(file, channels=3, size=size, embedding=embedding)
    faces = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 3, size, size)).astype(np.float32)
    exact = {key: values.astype(np.float64) for key, values in weights[name].items()}
    expected = [REFERENCES[name](exact, face.transpose(1, 2, 0).astype(np.float64)) for face in faces]
    found = encoder.embed(torch.from_numpy(faces)).numpy()
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())


@pytest.mark.parametrize(
    ("name", "head", "weight"),
    [("expression", "classes", "fc"), ("landmarks", "points", "fc"), ("age_gender", "age", "fc/age")],
)
def test_heads_read_the_embedding(made, name, head, weight):
    """A head's output is its linear layer of the embedding, and `layer` names it."""
    _, weights, folder, written = made
    size, embedding = SIZES[name]
    faces = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(2))
    bias = weights[name][f"{weight}/bias"]

    def outputs(layer, values):
        file = ImportedFile(folder / f"{name}.onnx", "onnx", written[name], layer=layer)
        return load_imported(file, channels=3, size=size, embedding=values).embed(faces).numpy()

    expected = outputs(None, embedding) @ weights[name][f"{weight}/weights"] + bias
    np.testing.assert_allclose(outputs(head, len(bias)), expected, rtol=1e-4, atol=1e-4)


def test_the_same_weights_give_the_same_bytes(made, tmp_path):
    """So a configuration can name the files' SHA-256."""
    package, _, _, written = made
    assert convert.convert(package.folder.parent, tmp_path, package.sums) == written


def test_other_weights_are_refused(made, tmp_path):
    """The file and both sums are named."""
    package, *_ = made
    with pytest.raises(ValueError, match=r"face_recognition_model\.bin: its SHA-256 is .*1\.7\.15"):
        convert.convert(package.folder.parent, tmp_path)


def test_weights_that_do_not_fit_their_manifest_are_refused(made, tmp_path):
    """Bytes that are missing, or too many, are no network."""
    package, *_ = made
    shutil.copytree(package.folder, tmp_path / "model")
    path = tmp_path / "model/face_expression_model.bin"
    for change, problem in ((lambda data: data[:-1], "end within"), (lambda data: data + b"0", "describes")):
        data = change((package.folder / path.name).read_bytes())
        path.write_bytes(data)
        sums = {path.name: hashlib.sha256(data).hexdigest()}
        with pytest.raises(ValueError, match=problem):
            convert.read_weights(path.with_name("face_expression_model-weights_manifest.json"), sums)


@pytest.mark.slow
@pytest.mark.long
def test_the_package_itself(tmp_path):
    """Its four networks are converted to the files that `config/photos.yaml` names."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    packed = subprocess.run(
        ["npm", "pack", "--silent", "@vladmandic/face-api@1.7.15"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    if packed.returncode:
        pytest.skip(f"npm cannot fetch the package: {packed.stderr[-200:]}")
    shutil.unpack_archive(tmp_path / packed.stdout.strip(), tmp_path, filter="data")
    written = convert.convert(tmp_path / "package", tmp_path / "encoders")
    configured = (ROOT / "config/photos.yaml").read_text(encoding="utf-8")
    assert all(sha256 in configured for sha256 in written.values())
