"""Contact sheets: a data set before and after, on one picture, for a person to look at.

Each cell shows the image with the detected box, the stored face beneath it, and the label;
a last section shows images in which no face was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from engram.core.files import atomic_path
from engram.data.images.decode import ImageSource
from engram.data.images.store import BOX, FaceStore

__all__ = ["write_sheet"]

#: Pixels: an image, a face, the room between cells, a line of text.
IMAGE, FACE, GAP, LINE = 120, 80, 10, 16
COLUMNS = 10

INK, FAINT, PAPER = (30, 30, 30), (110, 110, 110), (255, 255, 255)
BOX_COLOUR, TURNED_COLOUR = (230, 140, 0), (0, 140, 90)


def write_sheet(
    path: str | Path,
    faces: str | Path,
    root: str | Path,
    title: str,
    task: str = "expression",
    rows: int = 3,
    missed_rows: int = 1,
    links: Sequence[str] = (),
) -> None:
    """Write a contact sheet to ``path`` as PNG, atomically.

    Parameters
    ----------
    faces
        The folder of the stored faces.
    root
        The data set's own folder, where its images are.
    title
        What stands at the top, usually the data set's name.
    task
        Whose label stands beneath a face.
    rows, missed_rows
        Rows of detected faces, and of images without a detected face.
    links
        Folders outside ``root`` that links in it may lead into.

    Notes
    -----
    The images shown are spread evenly over the data set, so that the same store gives the same sheet.
    A green box: the face was aligned by its eyes; an orange one: by the box alone.
    """
    store = FaceStore.load(faces)
    index = store.index
    found = _spread(np.flatnonzero(index["detected"]), rows * COLUMNS)
    missed = _spread(np.flatnonzero(~index["detected"]), missed_rows * COLUMNS)
    source = ImageSource(root, links)
    cells = [_cell(source.read(index["image"][row]), store.faces[row], index.loc[row], task) for row in found]
    misses = [_miss(source.read(index["image"][row]), index.loc[row], task) for row in missed]
    sections = [(f"{title}: {len(found)} of {int(index['detected'].sum())} detected faces", cells)]
    if misses:
        sections.append((f"No face found: {len(missed)} of {int((~index['detected']).sum())}", misses))
    with atomic_path(path) as temporary:
        _page(sections).save(temporary)


def _spread(rows: np.ndarray, number: int) -> np.ndarray:
    if len(rows) <= number:
        return rows
    return rows[np.linspace(0, len(rows) - 1, number).round().astype(int)]


def _cell(pixels: np.ndarray, face: np.ndarray, facts: pd.Series, task: str) -> Image.Image:
    cell = Image.new("RGB", (IMAGE, IMAGE + FACE + LINE + GAP // 2), PAPER)
    _paste_image(cell, pixels, facts)
    stored = Image.fromarray(np.repeat(face, 3, axis=2) if face.shape[2] == 1 else face)
    cell.paste(stored.resize((FACE, FACE), Image.Resampling.BICUBIC), ((IMAGE - FACE) // 2, IMAGE + GAP // 2))
    _caption(cell, facts, task)
    return cell


def _miss(pixels: np.ndarray, facts: pd.Series, task: str) -> Image.Image:
    cell = Image.new("RGB", (IMAGE, IMAGE + LINE), PAPER)
    _paste_image(cell, pixels, facts)
    _caption(cell, facts, task)
    return cell


def _paste_image(cell: Image.Image, pixels: np.ndarray, facts: pd.Series) -> None:
    """Fit the image into the square at the top of ``cell`` and draw the detected box on it."""
    scale = IMAGE / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    image = Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)
    if facts["detected"]:
        left, top, width, height = (facts[name] * scale for name in BOX)
        colour = TURNED_COLOUR if facts["eyes"] else BOX_COLOUR
        ImageDraw.Draw(image).rectangle(
            (left, top, left + width - 1, top + height - 1), outline=colour, width=2
        )
    cell.paste(image, ((IMAGE - size[0]) // 2, IMAGE - size[1]))


def _caption(cell: Image.Image, facts: pd.Series, task: str) -> None:
    label = facts.get(task)
    text = "no label" if pd.isna(label) else str(label)
    colour = FAINT if pd.isna(label) else INK
    ImageDraw.Draw(cell).text((IMAGE / 2, cell.height), text, colour, ImageFont.load_default(12), anchor="md")


def _page(sections: list[tuple[str, list[Image.Image]]]) -> Image.Image:
    """Lay the sections' cells out in rows beneath their headings."""
    heading = ImageFont.load_default(18)
    width = GAP + COLUMNS * (IMAGE + GAP)
    heights = [2 * LINE + GAP + -(-len(cells) // COLUMNS) * (_height(cells) + GAP) for _, cells in sections]
    page = Image.new("RGB", (width, sum(heights) + GAP), PAPER)
    top = GAP
    for (title, cells), height in zip(sections, heights, strict=True):
        ImageDraw.Draw(page).text((GAP, top + LINE), title, INK, heading, anchor="lm")
        for place, cell in enumerate(cells):
            row, column = divmod(place, COLUMNS)
            corner = GAP + column * (IMAGE + GAP), top + 2 * LINE + GAP // 2 + row * (cell.height + GAP)
            page.paste(cell, corner)
        top += height
    return page


def _height(cells: list[Image.Image]) -> int:
    return cells[0].height if cells else 0
