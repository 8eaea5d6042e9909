"""The drawn data sets.

Each look stands for a data set that cannot be shipped, and has that set's plan:
who was photographed, how, and how strongly they showed what they felt.
"""

from __future__ import annotations

from engram.faces.drawn.look import AGE_GROUPS, Look

__all__ = ["LOOKS", "LOOK_TABLE"]


def _repeat(**counts: int) -> tuple[str, ...]:
    """Return each class as often as asked, spread so that equal ones lie apart.

    The counts' sum must be a prime, so that stepping through it meets every class.
    """
    total = sum(counts.values())
    places = sorted(((2 * k + 1) * total // (2 * n), name) for name, n in counts.items() for k in range(n))
    return tuple(name for _, name in places)


LOOK_TABLE: dict[str, Look] = {
    # FER2013: found photographs of everybody, everywhere.
    "wild": Look(
        ages=((6, 85), (15, 60), (18, 40)),
        glasses=120,
        spread=120,
        variants={
            "anger": ((4, 5, 7, 23), (4, 7, 17, 24), (4, 5, 24)),
            "disgust": ((9, 10, 17), (9, 10, 16, 25), (10, 15, 17)),
            "fear": ((1, 2, 4, 5, 20, 25), (1, 2, 4, 5, 7, 20, 26), (1, 4, 5, 20, 25)),
            "sadness": ((1, 4, 15), (1, 4, 15, 17), (1, 4)),
            "surprise": ((1, 2, 5, 25, 26), (1, 2, 5, 25, 27), (1, 2, 25, 26)),
        },
        intensity=(32, 112),
        stray=90,
        classes=_repeat(anger=3, disgust=2, fear=3, happiness=5, sadness=3, surprise=3, neutral=4),
        scale=(250, 325),
        shift=110,
        roll=34,
        yaw=110,
        pitch=60,
        light_side=(-110, 110),
        light_above=(-70, 30),
        falloff=(10, 110),
        backdrops=(
            (200, 190, 170),
            (90, 110, 80),
            (60, 60, 70),
            (150, 170, 200),
            (230, 230, 225),
            (120, 80, 60),
        ),
        clutter=230,
        occlusion=90,
        blur=260,
        noise=8,
        exposure=(205, 310),
    ),
    # JAFFE: ten young women of similar appearance before a plain wall; fear and sadness are subtle.
    "studio": Look(
        ages=((20, 32),),
        skins=(1,),
        hairs=(0,),
        irises=2,
        men=0,
        spread=60,
        lip_redness=70,
        line=190,
        features={
            "brow_thickness": -7,
            "brow_height": 18,
            "brow_slope": -12,
            "eye_height": -11,
            "eye_width": -8,
            "eye_tilt": 14,
            "mouth_corner": 16,
            "mouth_width": -20,
        },
        variants={
            "anger": ((4, 7, 17, 24), (4, 5, 7, 23)),
            "disgust": ((4, 7, 9), (10, 16, 25)),
            "fear": ((1, 2, 4, 5), (1, 2, 5, 25)),
            "happiness": ((12,), (6, 12), (12, 25)),
            "sadness": ((1, 4), (1, 15, 17)),
            "surprise": ((1, 2, 5), (1, 2, 25, 27)),
        },
        intensity=(45, 85),
        subtle={1: 70, 5: 80, 20: 80},
        stray=20,
        backdrops=((165, 165, 165),),
        falloff=(30, 50),
        tones=(18, 55, 92, 124, 152, 177, 200, 220, 238),
    ),
    # TFEID: forty models in a hair cap before a dark wall, lit from the side, sharp.
    "lab": Look(
        ages=((19, 45),),
        skins=(1, 2),
        hairs=(0,),
        irises=2,
        line=230,
        features={
            "brow_thickness": 7,
            "brow_height": -22,
            "brow_slope": -14,
            "eye_height": -8,
            "jaw_square": 60,
            "mouth_corner": 7,
            "mouth_width": 18,
            "lip_height": 6,
        },
        variants={
            "anger": ((4, 7, 10, 16, 25), (4, 5, 7, 10, 22, 25)),
            "disgust": ((4, 7, 9), (10, 16, 25)),
            "fear": ((1, 2, 4, 5), (1, 2, 5, 25)),
            "happiness": ((12,), (6, 12, 25, 26)),
            "sadness": ((1, 15, 17), (1, 4, 15, 43)),
            "surprise": ((1, 2, 5), (1, 2, 25, 27)),
        },
        stray=40,
        intensity=(38, 80),
        subtle={5: 80, 15: 80},
        scale=(304, 320),
        light_side=(95, 165),
        light_above=(-40, -10),
        falloff=(70, 110),
        backdrops=((48, 48, 52), (70, 70, 74)),
        noise=1,
        tones=(0, 12, 34, 66, 108, 152, 194, 228, 255),
        cap=True,
    ),
    # MUG: sequences from onset to apex before a blue backdrop, in even frontal light.
    "sequence": Look(
        ages=((20, 35),),
        skins=(1, 2, 2, 3),
        hairs=(0, 1, 1),
        line=120,
        features={
            "brow_thickness": 10,
            "brow_height": 12,
            "brow_slope": 18,
            "eye_height": 5,
            "mouth_corner": -13,
            "nose_width": 14,
            "jaw_taper": -50,
            "lip_height": -2,
        },
        variants={
            "anger": ((4, 7, 17, 24), (4, 5, 7, 10, 22, 25)),
            "disgust": ((4, 7, 9), (10, 16, 25)),
            "fear": ((1, 2, 4, 5), (1, 2, 5, 25)),
            "happiness": ((6, 12, 25), (6, 12)),
            "sadness": ((1, 4), (1, 15, 17)),
            "surprise": ((1, 2, 5), (1, 2, 5, 25, 26)),
        },
        stray=30,
        intensity=(60, 100),
        frames=3,
        scale=(268, 280),
        light_side=(-15, 15),
        light_above=(-50, -20),
        falloff=(10, 25),
        backdrops=((70, 100, 170), (80, 108, 176)),
        noise=4,
        tones=(0, 58, 102, 138, 168, 194, 216, 236, 255),
        tint=(250, 252, 268),
    ),
    # A first level for chains of transfers: painted people of all ages, mostly calm or smiling.
    "portraits": Look(
        ages=tuple(AGE_GROUPS.values()),
        glasses=80,
        lip_redness=130,
        features={"brow_thickness": 3, "eye_height": 8},
        line=256,
        intensity=(50, 100),
        classes=_repeat(anger=1, disgust=1, fear=1, happiness=4, sadness=1, surprise=1, neutral=4),
        scale=(276, 304),
        shift=40,
        roll=18,
        yaw=50,
        pitch=20,
        light_side=(-70, 70),
        light_above=(-60, -10),
        falloff=(40, 90),
        backdrops=((110, 80, 50), (70, 80, 60), (130, 110, 90), (60, 60, 90), (120, 50, 50)),
        clutter=120,
        noise=3,
        tones=(12, 40, 72, 104, 134, 162, 190, 215, 235),
        tint=(266, 256, 236),
        posterise=12,
    ),
}

#: The names of the drawn data sets.
LOOKS: tuple[str, ...] = tuple(LOOK_TABLE)
