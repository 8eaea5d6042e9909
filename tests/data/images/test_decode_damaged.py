"""Images of every kind and state: upright RGB pixels, or one error that names the file."""

import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engram.config import FacesSettings
from engram.core.errors import ImageError, ManifestError
from engram.data.images.decode import ImageSource, safe_path
from engram.data.images.prepare import prepare_faces
from tests.damage import DAMAGE, complaint, examples

PIXELS = np.random.default_rng(0).integers(0, 256, (24, 18, 3), dtype=np.uint8)
FORMATS = {
    "png": {},
    "jpg": {"quality": 80},
    "bmp": {},
    "ppm": {},
    "tiff": {},
    "lzw.tiff": {"compression": "tiff_lzw"},
    "webp": {},
    "jp2": {},
    "gif": {},
}


@pytest.fixture(scope="module", params=FORMATS)
def photograph(request, tmp_path_factory):
    """Return a photograph's file in each format, and its bytes."""
    path = tmp_path_factory.mktemp("photographs") / f"a.{request.param}"
    Image.fromarray(PIXELS).save(path, **FORMATS[request.param])
    return path, path.read_bytes()


@examples(150)
@given(damage=DAMAGE)
def test_damaged_photographs(photograph, damage):
    """What still can be decoded is an image; all else names the file and the way out, without a warning."""
    path, data = photograph
    path.write_bytes(damage.of(data))
    found = []
    said = complaint(lambda: found.append(ImageSource(path.parent).read(path.name)), ImageError)
    if said is None:
        assert found[0].dtype == np.uint8
        assert found[0].ndim == 3
        assert found[0].shape[2] == 3
        assert found[0].size
    else:
        assert str(path) in said
        assert "Replace the file" in said


@examples(100)
@given(
    damage=DAMAGE,
    array=st.sampled_from([PIXELS[None], PIXELS[None, ..., 0], np.zeros((2, 0, 5), np.uint8), PIXELS[:0]]),
)
def test_damaged_arrays(tmp_path_factory, damage, array):
    """The same holds for a row of an array file, whatever its shape has become."""
    path = tmp_path_factory.mktemp("arrays") / "images.npy"
    np.save(path, array)
    path.write_bytes(damage.of(path.read_bytes()))
    source = ImageSource(path.parent)
    assert complaint(lambda: source.read("images.npy#1"), ImageError) or source.read("images.npy#1").size


def table(pixels):
    return f"emotion,pixels,Usage\n3,{pixels},Training\n"


WHOLE = " ".join(["7"] * 48 * 48)


@pytest.mark.parametrize(
    "pixels",
    ["", "7 7", WHOLE[:-1] + "256", WHOLE[:-1] + "-7", WHOLE[:-3] + "1_0", WHOLE[:-1] + "٣", '"' + WHOLE],
)
def test_wrong_pixels_of_fer2013(tmp_path, pixels):
    """Pixels are plain numbers from 0 to 255, 48 times 48 of them; Python would take more for a number."""
    (tmp_path / "fer2013.csv").write_text(table(pixels), encoding="utf-8")
    with pytest.raises(ImageError, match=r"fer2013\.csv: row 0 does not hold 48x48 pixels"):
        ImageSource(tmp_path).read("fer2013.csv#0")


@examples(150)
@given(damage=DAMAGE)
def test_a_damaged_table_of_fer2013(tmp_path_factory, damage):
    """What passes are the 48 x 48 numbers of the row; what does not is named."""
    path = tmp_path_factory.mktemp("fer") / "fer2013.csv"
    path.write_bytes(damage.of(table(WHOLE).encode()))
    found = []
    said = complaint(
        lambda: found.append(ImageSource(path.parent).read("fer2013.csv#0")), ImageError, ManifestError
    )
    assert said is None or "fer2013.csv" in said
    if said is None:
        assert found[0].shape == (48, 48, 3)


MODES = {
    "1": ("png", 1),
    "L": ("png", 200),
    "LA": ("png", (200, 9)),
    "P": ("png", 3),
    "RGBA": ("png", (10, 20, 30, 40)),
    "CMYK": ("jpg", (10, 20, 30, 40)),
    "YCbCr": ("jpg", (10, 20, 30)),
    "LAB": ("tiff", (10, 20, 30)),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_colour_space_becomes_rgb(tmp_path, mode):
    """Bilevel, palette, transparent, CMYK and Lab images give three channels as Pillow converts them."""
    ending, colour = MODES[mode]
    image = Image.new(mode, (6, 4), colour)
    image.save(tmp_path / f"a.{ending}")
    with Image.open(tmp_path / f"a.{ending}") as again:
        expected = np.asarray(again.convert("RGB"))
    assert expected.shape == (4, 6, 3)
    np.testing.assert_array_equal(ImageSource(tmp_path).read(f"a.{ending}"), expected)


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_deep_images_are_refused(tmp_path, mode):
    """Sixteen and more bits would be clipped: they are refused, in TIFF too."""
    Image.new(mode, (6, 4), 300).save(tmp_path / "a.tiff")
    with pytest.raises(ImageError, match="more than 8 bits"):
        ImageSource(tmp_path).read("a.tiff")


@pytest.mark.parametrize("ending", ["gif", "png", "webp", "tiff"])
def test_of_an_animation_the_first_image_counts(tmp_path, ending):
    """One row of a manifest is one image."""
    frames = [Image.new("RGB", (6, 4), colour) for colour in ("red", "blue", "lime")]
    options = {"lossless": True} if ending == "webp" else {}
    frames[0].save(tmp_path / f"a.{ending}", save_all=True, append_images=frames[1:], **options)
    assert (ImageSource(tmp_path).read(f"a.{ending}") == (255, 0, 0)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_stands_upright(tmp_path, orientation):
    """Whatever way the camera was held, the corner that was on top left is there again."""
    upright = Image.new("RGB", (32, 16), "black")
    upright.paste("white", (0, 0, 8, 8))
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    held = upright.transpose(Image.Transpose(back[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    held.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(ImageSource(tmp_path).read("a.png"), np.asarray(upright))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_impossible_orientation_is_no_orientation(tmp_path, orientation):
    """Odd metadata does not cost the image."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(PIXELS).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(ImageSource(tmp_path).read("a.png"), PIXELS)


def png(width, height):
    """Return a PNG file whose header claims a size, without the pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20_000, 20_000), (2**31 - 1, 2**31 - 1), (9_000, 9_000), (0, 5), (0, 0)])
def test_a_small_file_that_claims_a_great_image(tmp_path, size):
    """A bomb is refused by its header, before memory is asked for; so is an image without pixels."""
    (tmp_path / "bomb.png").write_bytes(png(*size))
    with warnings.catch_warnings(action="error"), pytest.raises(ImageError, match=r"bomb\.png"):
        ImageSource(tmp_path).read("bomb.png")


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2)])
@pytest.mark.parametrize("detect", [True, False])
def test_images_too_small_for_a_face(tmp_path, manifest, shape, detect):
    """A thumbnail of a pixel goes through detection and cropping without an error."""
    Image.fromarray(np.full((*shape, 3), 90, np.uint8)).save(tmp_path / "a.png")
    frame = manifest.iloc[:1].assign(image="a.png")
    counts = prepare_faces(frame, tmp_path, FacesSettings(), detect, tmp_path / "faces", progress=False)
    assert counts["images"] == 1


@examples(150)
@given(st.text(max_size=20) | st.text("./\\~ab\0", max_size=12) | st.sampled_from(["x" * 5000, "a/" * 3000]))
def test_no_reference_leaves_the_root(tmp_path_factory, name):
    """Any text is a path inside the data set, or refused; asked for as an image it is an error of ours."""
    root = tmp_path_factory.getbasetemp()
    found = []
    if complaint(lambda: found.append(safe_path(root, name)), ManifestError) is None:
        assert found[0].is_relative_to(root.resolve())
    assert complaint(lambda: ImageSource(root).read(name), ManifestError, ImageError)
