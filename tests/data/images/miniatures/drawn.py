"""Drawn faces and lists, of which the miniatures are made."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".bmp": "BMP", ".tif": "TIFF", ".tiff": "TIFF"}


@cache
def face(number: int, ending: str = ".jpg", size: tuple[int, int] = (48, 48), mode: str = "RGB") -> bytes:
    """Return an image file of a drawn face; the number decides its tones and its mouth."""
    rng = np.random.default_rng(number)
    tones = [tuple(int(tone) for tone in rng.integers(low, low + 70, 3)) for low in (10, 120, 0)]
    width, height = size
    image = Image.new("RGB", size, tones[0])
    draw = ImageDraw.Draw(image)
    draw.ellipse((0.2 * width, 0.1 * height, 0.8 * width, 0.95 * height), fill=tones[1])
    for x in (0.38, 0.62):
        draw.ellipse(((x - 0.05) * width, 0.38 * height, (x + 0.05) * width, 0.46 * height), fill=tones[2])
    start, end = (20, 160) if number % 2 else (200, 340)
    draw.arc((0.35 * width, 0.6 * height, 0.65 * width, 0.85 * height), start, end, fill=tones[2], width=2)
    stream = io.BytesIO()
    image.convert(mode).save(stream, _FORMATS[ending.lower()])
    return stream.getvalue()


def put(root: Path, name: str, number: int = 0, **how) -> None:
    """Write a drawn face under a name."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(face(number, path.suffix, **how))


def write(root: Path, name: str, *lines: str, end: str = "\n") -> None:
    """Write a list."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(end.join(lines) + end, encoding="utf-8", newline="")


def points(number: int) -> str:
    """Return 68 landmarks as one field; eyes are at (18 + number, 20) and (30 + number, 20)."""
    xy = [(10.0 + number, 30.0)] * 36 + [(18.0 + number, 20.0)] * 6 + [(30.0 + number, 20.0)] * 6
    xy += [(24.0 + number, 36.0)] * 20
    return ";".join(f"{x};{y}" for x, y in xy)
