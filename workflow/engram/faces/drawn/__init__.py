"""Drawn faces: data sets that can be shipped, in place of licensed ones.

A face is set by its action units, its identity, and how it was photographed; each look
stands for one licensed data set. Only integers are drawn with (see ``fixed_point``), so
a seed gives the same bytes on every machine.
"""

from engram.faces.drawn.action_units import ACTION_UNITS, COMBINATIONS
from engram.faces.drawn.dataset import DrawnSpec, draw_dataset
from engram.faces.drawn.faces import Faces
from engram.faces.drawn.looks import LOOK_TABLE, LOOKS
from engram.faces.drawn.people import draw_people
from engram.faces.drawn.photos import draw_photos
from engram.faces.drawn.renderer import draw_faces
from engram.faces.drawn.streams import Streams

__all__ = [
    "ACTION_UNITS",
    "COMBINATIONS",
    "LOOKS",
    "LOOK_TABLE",
    "DrawnSpec",
    "Faces",
    "Streams",
    "draw_dataset",
    "draw_faces",
    "draw_people",
    "draw_photos",
]
