"""What can differ between drawn data sets: the subjects, the camera, and the way of showing emotion."""

from __future__ import annotations

from dataclasses import dataclass, field

from engram.core.labels import EXPRESSIONS
from engram.data.synthetic.faces.action_units import COMBINATIONS

__all__ = ["AGE_GROUPS", "Look", "repeat"]

Range = tuple[int, int]

#: First and last age in years of each group, in the order of ``labels.DEFAULT_CLASSES["age_group"]``.
AGE_GROUPS: dict[str, Range] = {"child": (4, 12), "young": (13, 34), "middle": (35, 59), "senior": (60, 85)}


@dataclass(frozen=True)
class Look:
    """The settings of one drawn data set.

    Ranges hold both ends. Lengths are in units of a 2048th of the frame, angles in 1/256 radian,
    shares in Q8 (256 is one), chances per mille, strengths and spreads in per cent of the usual.
    """

    # The subjects.
    ages: tuple[Range, ...] = (AGE_GROUPS["young"],)  # one range a subject, in turn
    men: int = 500
    skins: tuple[int, ...] = (0, 1, 2, 3, 4, 5)  # places in the table of skins, light to dark
    hairs: tuple[int, ...] = (0, 1, 2, 3, 4)  # places in the table of hairs
    irises: int = 4  # how many of the table's irises are seen
    glasses: int = 0
    spread: int = 100  # how far subjects differ
    features: dict[str, int] = field(default_factory=dict)  # lengths by which measures differ from the usual
    lip_redness: int = 100
    line: int = 150  # darkness of lids, lips and nose, in Q8
    cap: bool = False  # a dark cap over the hair
    beards: int = 0  # how many men wear a full beard
    lifetime: Range | None = None  # each picture shows its subject at another of these ages
    restyle: int = 0  # how far hair and clothes differ from picture to picture
    glasses_off: int = 0  # how often a wearer of glasses takes them off
    sunglasses: int = 0  # how often anybody puts sunglasses on
    hats: int = 0

    # The emotions.
    classes: tuple[str, ...] = EXPRESSIONS  # in the order shown; a prime number of places
    variants: dict[str, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    intensity: Range = (60, 100)
    subtle: dict[int, int] = field(default_factory=dict)  # action units shown at less than full strength
    stray: int = 0  # how often a unit that is not meant is seen
    frames: int = 1  # pictures from onset to apex
    pain: bool = False  # the subjects show pain instead of an emotion

    # The camera.
    scale: Range = (286, 296)
    shift: int = 20
    roll: int = 6
    yaw: int = 10  # how far the nose moves to a side
    pitch: int = 10
    spin: int = 0  # how far a thing is turned; a head rolls
    light_side: Range = (-20, 20)
    light_above: Range = (-20, 0)
    falloff: Range = (20, 40)  # how dark the head's outline is
    backdrops: tuple[tuple[int, int, int], ...] = ((200, 200, 200),)
    clutter: int = 0
    occlusion: int = 0
    blur: int = 0
    noise: int = 2  # half the largest deviation, in tones
    exposure: Range = (256, 256)
    tones: tuple[int, ...] = (0, 32, 64, 96, 128, 160, 192, 224, 255)  # for 0, 32, ..., 256
    tint: tuple[int, int, int] = (256, 256, 256)
    posterise: int = 0  # tones of a painting; 0 for a photograph
    cameras: int = 1  # each with a tint, a tone curve and noise of its own
    warmth: int = 0  # how far the cameras' tints differ, in Q8
    contrast: int = 0  # how far their tone curves differ

    def combinations(self, expression: str) -> tuple[tuple[int, ...], ...]:
        """Return the combinations of action units by which this look's subjects show ``expression``."""
        return self.variants.get(expression, COMBINATIONS[expression])

    def strength(self, unit: int) -> int:
        """Return the strength (per cent) at which this look's subjects use an action unit."""
        return self.subtle.get(unit, 100)


def repeat(**counts: int) -> tuple[str, ...]:
    """Return each class as often as asked, spread so that equal ones lie apart.

    The counts' sum must be a prime, so that stepping through it meets every class.
    """
    total = sum(counts.values())
    places = sorted(((2 * k + 1) * total // (2 * n), name) for name, n in counts.items() for k in range(n))
    return tuple(name for _, name in places)
