"""One image by the manifest's reference, as RGB pixels. Every image of the pipeline is decoded here.

A reference is relative to the data set's root: a file (``anger/001.png``), a row of a
uint8 array (``images.npy#12``), a row of FER2013's table (``fer2013.csv#12``), or a record of a
record file (``train.rec#4096``, the byte at which it begins).
References come from data, so none is trusted: nothing outside the root is ever opened.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
from PIL import Image, ImageOps

from engram.core.errors import ImageError, ManifestError
from engram.core.reading import open_array
from engram.data.images.recordio import RecordFile

__all__ = ["WAY_OUT", "ImageSource", "safe_path"]

#: Largest image that is decoded, in pixels; a small file can claim far more.
MAX_PIXELS = 64_000_000
#: Formats that Pillow decodes by itself (EPS would start another program).
FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
#: Side of a FER2013 image in pixels.
FER_SIZE = 48

#: By what a JPEG can be decoded smaller.
_REDUCTIONS = (1, 2, 4, 8)

_ROW = re.compile(r"(?P<file>.+\.(?P<kind>npy|csv|rec))#(?P<row>[0-9]{1,12})", re.ASCII)
_PIXELS = re.compile(r"[0-9 ]*", re.ASCII)
#: What to do about an image of a data set; an error ends with it.
WAY_OUT = "Replace the file, or take its row out of manifest.csv."


def safe_path(root: Path, name: str, links: Sequence[Path] = ()) -> Path:
    """Return the file ``name`` below ``root``, links resolved.

    Parameters
    ----------
    links
        Folders outside ``root`` that a link may lead into.

    Raises
    ------
    ManifestError
        If the name is absolute, climbs with ``..``, is no possible name, or is a link to somewhere
        outside ``root`` and ``links``.
    """
    parts = PurePosixPath(name).parts
    if (
        not parts
        or "\0" in name
        or ".." in parts
        or PurePosixPath(name).is_absolute()
        or PureWindowsPath(name).drive
    ):
        raise ManifestError(
            f"{root}: image '{name}' is not a path inside the data set. "
            "Write it relative to the data set's folder."
        )
    root = root.resolve()
    try:
        path = (root / name).resolve()
        # A name that is too long, or links in a circle, is found out by asking for the file.
        path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        raise ManifestError(
            f"{root}: image '{name}' cannot be looked for ({error}). Correct its name."
        ) from None
    if not any(path.is_relative_to(folder) for folder in (root, *(link.resolve() for link in links))):
        raise ManifestError(
            f"{root}: image '{name}' is a link that leads out of the data set, to {path}. Put the file "
            "itself there, or allow the folder by the data set's setting 'links'."
        )
    return path


class ImageSource:
    """Decodes the images of one data set.

    Parameters
    ----------
    root
        The data set's folder.
    links
        Folders outside it that links in it may lead into.
    """

    def __init__(self, root: str | Path, links: Sequence[str] = ()) -> None:
        self.root = Path(root).resolve()
        self._links = [Path(link) for link in links]
        self._arrays: dict[Path, np.ndarray] = {}
        self._tables: dict[Path, _FerTable] = {}

    def read(self, reference: str) -> np.ndarray:
        """Return one image as uint8 RGB of shape (height, width, 3); grey is replicated.

        Raises
        ------
        ManifestError
            If the reference leads out of the data set.
        ImageError
            If the image is missing, damaged, no image at all, or larger than `MAX_PIXELS`.
        """
        match = _ROW.fullmatch(reference)
        if match is None:
            path = safe_path(self.root, reference, self._links)
            return _decode(path, path)
        path, row = safe_path(self.root, match["file"], self._links), int(match["row"])
        if match["kind"] == "rec":
            with RecordFile(path) as records:
                return _decode(io.BytesIO(records.read(row).content), f"{path}#{row}")
        return self._from_array(path, row) if match["kind"] == "npy" else self._from_table(path, row)

    def read_reduced(self, reference: str, side: int) -> tuple[np.ndarray, int]:
        """Return an image as `read`, but a large JPEG decoded at a half, a quarter or an eighth.

        That takes a fraction of the time. The shorter side keeps at least ``side`` pixels; the number that
        is returned beside says by what the image is smaller.
        """
        if _ROW.fullmatch(reference) is None:
            path = safe_path(self.root, reference, self._links)
            # What is wrong with an image is said below.
            with (
                suppress(Exception),
                warnings.catch_warnings(action="ignore"),
                Image.open(path, formats=("JPEG",)) as image,
            ):
                factor = max(each for each in _REDUCTIONS if min(image.size) >= each * side or each == 1)
                if factor > 1:
                    return _decode(path, path, factor), factor
        return self.read(reference), 1

    def _from_array(self, path: Path, row: int) -> np.ndarray:
        if path not in self._arrays:
            self._arrays[path] = _open_array(path)
        images = self._arrays[path]
        if row >= len(images):
            raise ImageError(f"{path}: there is no row {row}, it holds {len(images)} images. {WAY_OUT}")
        return _three_channels(np.asarray(images[row]))

    def _from_table(self, path: Path, row: int) -> np.ndarray:
        if path not in self._tables:
            self._tables[path] = _FerTable(path)
        return _three_channels(self._tables[path].image(row))


def _decode(file: Path | io.BytesIO, path: str | Path, factor: int = 1) -> np.ndarray:
    """Decode an image, a JPEG smaller by ``factor``; ``path`` names it in messages."""
    try:
        # Pillow warns about large images and odd metadata; size is checked here, metadata does not matter.
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ImageError(
                    f"{path}: {image.width}x{image.height} pixels are more than the {MAX_PIXELS} allowed. "
                    + WAY_OUT
                )
            if not image.width * image.height:
                raise ImageError(f"{path}: this image has no pixels. {WAY_OUT}")
            if image.mode == "F" or image.mode.startswith("I"):
                raise ImageError(f"{path}: more than 8 bits a channel. Convert it to 8 bits. {WAY_OUT}")
            if factor > 1:
                image.draft(None, (image.width // factor, image.height // factor))
            return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    except ImageError:
        raise
    except FileNotFoundError:
        raise ImageError(f"{path}: there is no such image. {WAY_OUT}") from None
    except Exception as error:  # damaged bytes surface from Pillow's decoders as almost any exception
        raise ImageError(f"{path}: this image cannot be decoded ({error}). {WAY_OUT}") from None


def _open_array(path: Path) -> np.ndarray:
    images = open_array(path, ImageError, "Replace the file.")
    grey, colour = images.ndim == 3, images.ndim == 4 and images.shape[-1] == 3
    if images.dtype != np.uint8 or not (grey or colour) or not images.shape[1] * images.shape[2]:
        raise ImageError(
            f"{path}: images must be uint8 of shape (N, H, W) or (N, H, W, 3), not empty, "
            f"not {images.dtype} {images.shape}. Replace the file."
        )
    return images


def _three_channels(pixels: np.ndarray) -> np.ndarray:
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels


class _FerTable:
    """FER2013's table, read a row at a time: only where each line begins is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begins: list[int] = []
        try:
            with open(path, "rb") as stream:
                names = [name.strip() for name in stream.readline().decode("utf-8", "replace").split(",")]
                begin = stream.tell()
                for line in stream:
                    if line.strip():
                        self._begins.append(begin)
                    begin += len(line)
        except OSError as error:
            raise ImageError(f"{path}: this table cannot be read ({error}). Replace the file.") from None
        if "pixels" not in names:
            raise ImageError(f"{path}: there is no column 'pixels'. Replace it by FER2013's own fer2013.csv.")
        self._column = names.index("pixels")

    def image(self, row: int) -> np.ndarray:
        if row >= len(self._begins):
            raise ImageError(
                f"{self._path}: there is no row {row}, it holds {len(self._begins)} images. {WAY_OUT}"
            )
        with open(self._path, "rb") as stream:
            stream.seek(self._begins[row])
            line = stream.readline().decode("utf-8", "replace")
        try:
            text = next(csv.reader([line], strict=True))[self._column]
            if not _PIXELS.fullmatch(text):
                raise ValueError("not numbers")
            pixels = np.frombuffer(bytes(map(int, text.split())), dtype=np.uint8)
            return pixels.reshape(FER_SIZE, FER_SIZE)
        except (ValueError, IndexError, csv.Error) as error:
            raise ImageError(
                f"{self._path}: row {row} does not hold {FER_SIZE}x{FER_SIZE} pixels from 0 to 255 "
                f"({error}). Replace the file by FER2013's own fer2013.csv."
            ) from None
