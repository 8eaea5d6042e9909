import warnings

import numpy as np
import pytest
from PIL import Image

from engram.core.errors import ImageError, ManifestError
from engram.data.images import decode as images
from engram.data.images.decode import ImageSource

PIXELS = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)


@pytest.mark.parametrize("ending", ["png", "bmp", "ppm", "tiff"])
def test_lossless_files_come_back_exactly(tmp_path, ending):
    """Every lossless format gives the very pixels that were written."""
    Image.fromarray(PIXELS).save(tmp_path / f"a.{ending}")
    np.testing.assert_array_equal(ImageSource(tmp_path).read(f"a.{ending}"), PIXELS)


def test_grey_is_replicated(tmp_path):
    """A grey PGM gives three equal channels."""
    Image.fromarray(PIXELS[..., 0]).save(tmp_path / "a.pgm")
    image = ImageSource(tmp_path).read("a.pgm")
    assert image.shape == (5, 4, 3)
    np.testing.assert_array_equal(image, np.repeat(PIXELS[..., :1], 3, axis=2))


def test_jpeg_orientation_is_applied(tmp_path):
    """A photograph held sideways stands upright after reading."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 10)).save(tmp_path / "a.jpg", exif=exif)
    assert ImageSource(tmp_path).read("a.jpg").shape == (20, 10, 3)


@pytest.mark.parametrize("shape", [(3, 6, 5), (3, 6, 5, 3)])
def test_rows_of_an_array(tmp_path, shape):
    """`images.npy#2` is row 2, grey or colour."""
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.save(tmp_path / "images.npy", array)
    image = ImageSource(tmp_path).read("images.npy#2")
    assert image.shape == (6, 5, 3)
    np.testing.assert_array_equal(image[..., 1], array[2] if array.ndim == 3 else array[2, ..., 1])


@pytest.mark.parametrize("header", ["emotion,pixels,Usage", "emotion, Usage, pixels"])
def test_rows_of_fer2013(tmp_path, header):
    """`fer2013.csv#1` is the second row, wherever the column of pixels stands, blank lines aside."""
    rows = []
    for value in (7, 9):
        pixels = " ".join([str(value)] * (48 * 48))
        rows.append(f"3,{pixels},Training" if header.endswith("Usage") else f'3,Training,"{pixels}"')
    (tmp_path / "fer2013.csv").write_text("\n".join([header, rows[0], "", rows[1], ""]))
    image = ImageSource(tmp_path).read("fer2013.csv#1")
    assert image.shape == (48, 48, 3)
    assert (image == 9).all()


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../outside.png", "a/../../outside.png", "C:\\a.png", "..", "a\0.png", "", "../x.npy#0"],
)
def test_paths_outside_the_root_are_refused(tmp_path, name):
    """A reference that leads out of the data set is refused before anything is opened."""
    (tmp_path / "data").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "outside.png")
    with pytest.raises(ManifestError, match="relative to the data set's folder"):
        ImageSource(tmp_path / "data").read(name)


def test_links_out_of_the_root_are_refused(tmp_path):
    """A link to a file elsewhere is refused, even though its own path is inside."""
    (tmp_path / "data").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "outside.png")
    (tmp_path / "data" / "a.png").symlink_to(tmp_path / "outside.png")
    with pytest.raises(ManifestError, match="leads out of the data set"):
        ImageSource(tmp_path / "data").read("a.png")


@pytest.mark.parametrize("ending", ["png", "jpg", "pgm", "tiff"])
def test_truncated_image(tmp_path, ending):
    """A file that breaks off names itself and the way out."""
    rng = np.random.default_rng(0)
    path = tmp_path / f"a.{ending}"
    Image.fromarray(rng.integers(0, 256, (64, 64), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(
        ImageError, match=rf"a\.{ending}.*Replace the file, or take its row out of manifest\.csv"
    ):
        ImageSource(tmp_path).read(path.name)


def test_no_image_at_all(tmp_path):
    """Text under an image's name is refused by name."""
    (tmp_path / "a.png").write_text("<html>not found</html>")
    with pytest.raises(ImageError, match=r"a\.png: this image cannot be decoded"):
        ImageSource(tmp_path).read("a.png")


def test_missing_image(tmp_path):
    """A file that is not there is said to be missing."""
    with pytest.raises(ImageError, match="there is no such image"):
        ImageSource(tmp_path).read("a.png")


def test_postscript_is_not_run(tmp_path):
    """EPS, for which Pillow would start another program, is no format here."""
    (tmp_path / "a.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    with pytest.raises(ImageError, match="cannot be decoded"):
        ImageSource(tmp_path).read("a.eps")


def test_bombs_are_refused(tmp_path, monkeypatch):
    """An image of too many pixels is refused before it is decoded, without a warning."""
    monkeypatch.setattr(images, "MAX_PIXELS", 15)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 12)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    with warnings.catch_warnings(action="error"), pytest.raises(ImageError, match="4x4 pixels are more"):
        ImageSource(tmp_path).read("a.png")


def test_sixteen_bits_are_refused(tmp_path):
    """Deep images are refused rather than clipped."""
    Image.fromarray(np.full((4, 4), 40000, np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="more than 8 bits"):
        ImageSource(tmp_path).read("a.png")


@pytest.mark.parametrize(
    "array", [np.zeros((3, 4, 4)), np.zeros((3, 4), np.uint8), np.array([{}], dtype=object)]
)
def test_arrays_of_another_kind(tmp_path, array):
    """Floats, flat rows and pickled objects are refused by the array's name."""
    np.save(tmp_path / "images.npy", array)
    with pytest.raises(ImageError, match=r"images\.npy"):
        ImageSource(tmp_path).read("images.npy#0")


def test_row_beyond_the_end(tmp_path):
    """A row that an array or table does not have is named."""
    np.save(tmp_path / "images.npy", np.zeros((3, 4, 4), np.uint8))
    (tmp_path / "fer2013.csv").write_text("emotion,pixels,Usage\n")
    for name in ("images.npy#3", "fer2013.csv#3"):
        with pytest.raises(ImageError, match="there is no row 3"):
            ImageSource(tmp_path).read(name)


@pytest.mark.parametrize("pixels", ["1 2 3", "", " ".join(["256"] * 2304), "a b"])
def test_fer2013_row_without_pixels(tmp_path, pixels):
    """A row with too few pixels, or values that are none, is named."""
    (tmp_path / "fer2013.csv").write_text(f"emotion,pixels,Usage\n0,{pixels},Training\n")
    with pytest.raises(ImageError, match="row 0 does not hold 48x48 pixels"):
        ImageSource(tmp_path).read("fer2013.csv#0")


@pytest.mark.parametrize(("side", "factor"), [(300, 1), (150, 2), (80, 2), (75, 4), (30, 8)])
def test_a_large_jpeg_is_decoded_smaller(tmp_path, side, factor):
    """By as much as leaves the shorter side long enough; it is what the whole image is, made smaller."""
    across = np.linspace(0, 255, 400)
    pixels = np.stack(
        [np.tile(across, (304, 1)), np.full((304, 400), 90), np.tile(across[::-1], (304, 1))], 2
    )
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "a.jpg", quality=95)
    source = ImageSource(tmp_path)
    small, found = source.read_reduced("a.jpg", side)
    assert found == factor
    assert small.shape == (304 // factor, 400 // factor, 3)
    whole = source.read("a.jpg").reshape(304 // factor, factor, 400 // factor, factor, 3).mean((1, 3))
    assert np.abs(small - whole).mean() < 2


def test_what_is_no_large_jpeg_is_decoded_as_it_is(tmp_path):
    """A PNG, a small JPEG, a row of an array, and a damaged file with its error."""
    pixels = np.full((64, 80, 3), 90, np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.fromarray(pixels).save(tmp_path / "a.jpg")
    np.save(tmp_path / "a.npy", pixels[None])
    (tmp_path / "b.jpg").write_bytes(b"damaged")
    source = ImageSource(tmp_path)
    for name in ("a.png", "a.jpg", "a.npy#0"):
        found, factor = source.read_reduced(name, 40)
        assert factor == 1
        np.testing.assert_array_equal(found, source.read(name))
    with pytest.raises(ImageError, match=r"b\.jpg: this image cannot be decoded"):
        source.read_reduced("b.jpg", 40)
