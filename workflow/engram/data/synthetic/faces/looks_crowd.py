"""The looks that stand for no one face task: everybody's faces without labels, and things."""

from __future__ import annotations

from engram.data.synthetic.faces.look import Look, repeat

__all__ = ["CROWD", "OBJECTS"]

#: The faces without labels: everybody, everywhere, by every camera.
CROWD = Look(
    ages=((4, 85), (13, 34), (18, 60)),
    glasses=160,
    glasses_off=150,
    sunglasses=25,
    hats=80,
    beards=180,
    restyle=60,
    spread=140,
    classes=repeat(anger=2, disgust=2, fear=2, happiness=4, sadness=2, surprise=2, neutral=5),
    intensity=(25, 110),
    stray=110,
    scale=(256, 324),
    shift=80,
    roll=30,
    yaw=90,
    pitch=50,
    light_side=(-130, 130),
    light_above=(-100, 30),
    falloff=(5, 120),
    backdrops=(
        (200, 190, 170),
        (90, 110, 80),
        (30, 30, 36),
        (150, 170, 200),
        (240, 236, 230),
        (120, 80, 60),
        (150, 40, 50),
        (60, 90, 150),
        (206, 222, 208),
        (220, 180, 100),
    ),
    clutter=200,
    occlusion=40,
    blur=220,
    noise=5,
    exposure=(220, 300),
    cameras=40,
    warmth=36,
    contrast=80,
)

#: Things instead of faces.
OBJECTS = Look(
    classes=("neutral",),
    scale=(270, 430),
    shift=120,
    roll=0,
    spin=230,
    yaw=0,
    pitch=0,
    light_side=(-90, 90),
    light_above=(-90, 40),
    backdrops=(
        (200, 190, 170),
        (90, 110, 80),
        (50, 50, 60),
        (150, 170, 200),
        (232, 232, 228),
        (120, 80, 60),
        (170, 200, 160),
        (160, 150, 160),
    ),
    clutter=200,
    blur=200,
    noise=5,
    exposure=(205, 310),
)
