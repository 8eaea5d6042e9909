"""Drawn faces: data sets that can be shipped, in place of licensed ones.

A face is set by its action units, its identity, and how it was photographed; each look
stands for one licensed data set. Only integers are drawn with (see ``fixed_point``), so
a seed gives the same bytes on every machine.
"""

from engram.data.synthetic.faces.action_units import ACTION_UNITS, COMBINATIONS
from engram.data.synthetic.faces.appearance import draw_appearance
from engram.data.synthetic.faces.dataset import DrawnSpec, draw_dataset
from engram.data.synthetic.faces.faces import Faces
from engram.data.synthetic.faces.looks import LOOK_TABLE, LOOKS
from engram.data.synthetic.faces.photos import draw_photos
from engram.data.synthetic.faces.renderer import draw_faces
from engram.data.synthetic.faces.streams import Streams

__all__ = [
    "ACTION_UNITS",
    "COMBINATIONS",
    "LOOKS",
    "LOOK_TABLE",
    "DrawnSpec",
    "Faces",
    "Streams",
    "draw_appearance",
    "draw_dataset",
    "draw_faces",
    "draw_photos",
]
