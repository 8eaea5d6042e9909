"""How each picture was taken: pose, light, backdrop, lens and accidents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.rows import Rows
from engram.data.synthetic.faces.streams import Streams

__all__ = ["Photos", "draw_photos"]


@dataclass(frozen=True)
class Photos(Rows):
    """A picture's circumstances, one row a picture; units as in :class:`Look`."""

    scale: np.ndarray
    shift_x: np.ndarray
    shift_y: np.ndarray
    roll: np.ndarray
    yaw: np.ndarray
    pitch: np.ndarray
    gaze: np.ndarray
    spin: np.ndarray
    light_side: np.ndarray
    light_above: np.ndarray
    falloff: np.ndarray
    backdrop: np.ndarray
    clutter: np.ndarray
    clutter_x: np.ndarray
    clutter_y: np.ndarray
    occluder: np.ndarray  # 0 none, 1 over the mouth, 2 over one eye, 3 over the forehead
    blur: np.ndarray  # how often the blur is applied
    noise_start: np.ndarray
    exposure: np.ndarray


def draw_photos(look: Look, streams: Streams, pictures: int) -> Photos:
    """Draw the circumstances of ``pictures`` takes of a look."""

    def around(name: str, reach: int) -> np.ndarray:
        return streams.bell(name, -reach, reach, pictures)

    def between(name: str, ends: tuple[int, int]) -> np.ndarray:
        return streams.integers(name, *ends, pictures)

    return Photos(
        scale=between("scale", look.scale),
        shift_x=around("shift x", look.shift),
        shift_y=around("shift y", look.shift),
        roll=around("roll", look.roll),
        yaw=around("yaw", look.yaw),
        pitch=around("pitch", look.pitch),
        gaze=around("gaze", 26),
        spin=around("spin", look.spin),
        light_side=between("light side", look.light_side),
        light_above=between("light above", look.light_above),
        falloff=between("falloff", look.falloff),
        backdrop=streams.choice("backdrop", look.backdrops, pictures)
        + around("backdrop tone", look.clutter // 8)[:, None],
        clutter=streams.integers("clutter", 0, look.clutter, pictures),
        clutter_x=streams.integers("clutter x", -1024, 1024, (pictures, 3)),
        clutter_y=streams.integers("clutter y", -1024, 1024, (pictures, 3)),
        occluder=streams.chance("occlusion", look.occlusion, pictures)
        * streams.integers("occluder", 1, 3, pictures),
        blur=streams.chance("blur", look.blur, pictures)
        * streams.choice("blur strength", (1, 1, 1, 2), pictures),
        noise_start=streams.integers("noise start", 0, 1 << 16, pictures),
        exposure=between("exposure", look.exposure),
    )
