import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from engram.config import FacesSettings
from engram.core.errors import ConfigurationError
from engram.data.images.decode import ImageSource
from engram.data.images.detect import _hits_in_turned, make_detector, nearest_centre, plausible_eyes
from engram.data.images.readers import read_dataset

#: Where the eyes of matplotlib's portrait are, read off by hand, in pixels.
PORTRAIT_EYES = ((223, 189), (306, 187))


def found(folder, reader):
    frame = read_dataset(reader, reader, folder)
    source, detector = ImageSource(folder), make_detector(FacesSettings())
    frame["box"] = [detector.find(source.read(image)) for image in frame["image"]]
    return frame


def test_the_portrait(portrait):
    """Haar finds the portrait's face, around both eyes, in its upper half."""
    detection = make_detector(FacesSettings()).find(portrait)
    left, top, width, height = detection.box
    for x, y in PORTRAIT_EYES:
        assert left < x < left + width
        assert top < y < top + height / 2


def test_glasses_hide_eyes(portrait):
    """Behind the portrait's glasses no eyes are found, and nothing else is taken for them."""
    assert make_detector(FacesSettings()).find(portrait).eyes is None


@pytest.mark.parametrize("size", [64, 96, 400])
def test_any_size_will_do(portrait, size):
    """The same face is found at the same place in small and large images."""
    square = portrait[:512, :512]
    box = np.array(make_detector(FacesSettings()).find(square).box)
    small = cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA)
    again = np.array(make_detector(FacesSettings()).find(small).box) * 512 / size
    np.testing.assert_allclose(again, box, atol=40)


@pytest.mark.parametrize("image", [np.zeros((80, 60, 3), np.uint8), np.full((1, 1, 3), 9, np.uint8)])
def test_nothing_to_find(image):
    """An image without a face, even of one pixel, gives none."""
    assert make_detector(FacesSettings()).find(image) is None


def test_london_is_found(real_faces):
    """Each of the 140 London faces is found; 130 and more by both eyes."""
    boxes = found(real_faces / "london_set", "london")["box"]
    assert boxes.notna().all()
    assert sum(box.eyes is not None for box in boxes) >= 130


def test_cmu_is_found_in_part(real_faces):
    """Frontal CMU faces are found nearly all, heads turned aside in part: real cases of no face."""
    frame = found(real_faces / "cmu_faces", "cmu")
    share = frame["box"].notna().groupby(frame["pose"]).mean()
    assert share["straight"] > 0.95
    assert 0.4 < share["up"] < 0.9
    assert all(0.65 < share[side] < 0.95 for side in ("left", "right"))


def test_a_mirrored_profile_is_found_at_the_mirrored_place(real_faces):
    """The profile's cascade knows one side: the other is found in the mirror, and its box put back."""
    detector = make_detector(FacesSettings())
    pairs = []
    for path in sorted((real_faces / "cmu_faces").glob("*/*_left_*_open.pgm")):
        image = np.asarray(Image.open(path).convert("RGB"))
        here, there = detector.find(image), detector.find(np.ascontiguousarray(image[:, ::-1]))
        if here and there:
            pairs.append((here.box, there.box, image.shape[1]))
    assert len(pairs) > 20
    apart = [abs(a[0] + a[2] / 2 - (width - b[0] - b[2] / 2)) for a, b, width in pairs]
    assert np.median(apart) < 4


def test_a_turned_image_s_box_is_put_back_where_the_face_is(real_faces):
    """In a turned copy the profile's cascade finds further heads; where both find one, boxes lie together."""
    profile = make_detector(FacesSettings())._faces[-1]
    apart, more = [], 0
    for path in sorted((real_faces / "cmu_faces").glob("*/*_right_*.pgm")):
        grey = cv2.resize(np.asarray(Image.open(path)), None, fx=1.07, fy=1.07)
        upright, turned = (_hits_in_turned(profile, grey, 38, degrees) for degrees in (0, 20))
        if len(upright) and len(turned):
            one, other = (nearest_centre(boxes, grey.shape) for boxes in (upright, turned))
            apart.append(np.linalg.norm(one[:2] + one[2:] / 2 - other[:2] - other[2:] / 2))
        more += len(turned) > 0 and len(upright) == 0
    assert more > 5
    assert len(apart) > 5
    assert np.median(apart) < 8


def test_the_face_nearest_the_centre():
    """Of several boxes the one in the middle is kept; of two on the same spot the larger."""
    boxes = np.array([[0, 0, 20, 20], [40, 40, 20, 20], [80, 80, 20, 20], [30, 30, 40, 40]])
    assert nearest_centre(boxes, (100, 100)).tolist() == [30, 30, 40, 40]
    assert nearest_centre(boxes[:3], (100, 100)).tolist() == [40, 40, 20, 20]


@pytest.mark.parametrize(
    ("points", "pair"),
    [
        ([(70, 40), (30, 40)], ((30, 40), (70, 40))),
        ([(30, 40)], None),
        ([(45, 40), (55, 40)], None),
        ([(30, 20), (70, 50)], None),
        ([(10, 40), (50, 40)], None),
        ([(30, 40), (70, 42), (50, 80)], ((30, 40), (70, 42))),
    ],
)
def test_only_plausible_eyes(points, pair):
    """Two eyes lie apart, level, and on both sides of the middle; anything else counts as not found."""
    assert plausible_eyes(points, (0.0, 0.0, 100.0, 100.0)) == pair


def yunet(path, outputs):
    """Write a network with YuNet's twelve outputs for 320x320 pixels that always answers ``outputs``."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        helper.make_node("ReduceMean", ["mean"], ["one"], axes=[1], keepdims=1),
        helper.make_node("Mul", ["one", "zero"], ["nothing"]),
        helper.make_node("Reshape", ["nothing", "flat"], ["base"]),
    ]
    values = {"zero": np.zeros(1, np.float32), "flat": np.array([1, 1, 1], np.int64)}
    for name, value in outputs.items():
        values[f"{name}_value"] = value
        nodes.append(helper.make_node("Add", ["base", f"{name}_value"], [name]))
    tensor = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "yunet",
        [tensor("input", TensorProto.FLOAT, [1, 3, 320, 320])],
        [tensor(name, TensorProto.FLOAT, value.shape) for name, value in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in values.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=7), path)


def one_face(row, column, stride=32):
    """Return YuNet's outputs for one face of 96x96 pixels centred on a cell of the coarsest grid."""
    outputs = {}
    for step in (8, 16, 32):
        cells = (320 // step) ** 2
        for name, width in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            outputs[f"{name}_{step}"] = np.zeros((1, cells, width), np.float32)
    cell = row * (320 // stride) + column
    outputs[f"cls_{stride}"][0, cell] = outputs[f"obj_{stride}"][0, cell] = 1
    outputs[f"bbox_{stride}"][0, cell] = [0, 0, np.log(3), np.log(3)]
    outputs[f"kps_{stride}"][0, cell] = [0.5, -0.5, -0.5, -0.5, 0, 0, -0.4, 0.5, 0.4, 0.5]
    return outputs


def test_yunet_is_decoded(tmp_path):
    """YuNet's box and points come out in pixels of the image, those at the left first."""
    yunet(tmp_path / "yunet.onnx", one_face(row=4, column=6))
    settings = FacesSettings(detector="yunet", yunet_model=str(tmp_path / "yunet.onnx"))
    detection = make_detector(settings).find(np.full((320, 320, 3), 128, np.uint8))
    np.testing.assert_allclose(detection.box, (6 * 32 - 48, 4 * 32 - 48, 96, 96), atol=1e-3)
    np.testing.assert_allclose(detection.eyes, [(192 - 16, 112), (192 + 16, 112)], atol=1e-3)
    below = [(192, 128), (192 - 12.8, 144), (192 + 12.8, 144)]
    np.testing.assert_allclose(detection.below, below, atol=1e-3)


def test_yunet_without_a_face(tmp_path):
    """Where no score is high enough there is no face."""
    silent = {name: np.zeros_like(value) for name, value in one_face(0, 0).items()}
    yunet(tmp_path / "yunet.onnx", silent)
    settings = FacesSettings(detector="yunet", yunet_model=str(tmp_path / "yunet.onnx"))
    assert make_detector(settings).find(np.zeros((320, 320, 3), np.uint8)) is None


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_wrong_yunet_models(tmp_path, content):
    """A missing or damaged model names the setting, the file and the way out."""
    path = tmp_path / "yunet.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"faces\.yunet_model.*yunet\.onnx.*detector to 'haar'"):
        make_detector(FacesSettings(detector="yunet", yunet_model=str(path)))
