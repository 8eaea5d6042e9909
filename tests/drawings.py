"""What every figure of a study is held against."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image


def assert_drawn_alike(draw: Callable[[Path], None], folder: Path, dark: int) -> None:
    """Draw to a stem twice, with the user's own style changed in between: the same files, and not blank.

    Something is on the picture if more than 0.2 % of its pixels are below the tone ``dark``.
    """
    draw(folder / "first")
    with mpl.rc_context({"font.size": 20, "axes.facecolor": "yellow"}):
        draw(folder / "second")
    for ending in ("svg", "png"):
        first, second = (folder / f"{stem}.{ending}" for stem in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()
    with Image.open(folder / "first.png") as image:
        pixels = np.asarray(image.convert("L"))
    assert pixels.shape[1] >= 800
    assert (pixels < dark).mean() > 0.002
