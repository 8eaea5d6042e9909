"""What changes on a subject from picture to picture: hair, clothes, glasses and hats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engram.data.synthetic.faces.appearance import Appearance
from engram.data.synthetic.faces.look import Look
from engram.data.synthetic.faces.plan import Plan
from engram.data.synthetic.faces.streams import Streams
from engram.data.synthetic.faces.subjects import CLOTHES

__all__ = ["dress"]

#: How far a length of the hair may change, in units, where a look restyles by 100 per cent.
_STYLES = {"hairline": 40, "hair_bow": 140, "hair_part": 150, "hair_volume": 34}
_HATS = (
    (46, 44, 52),
    (136, 52, 50),
    (60, 84, 130),
    (180, 160, 120),
    (92, 100, 72),
    (206, 200, 190),
    (120, 92, 66),
)


def dress(look: Look, streams: Streams, plan: Plan, appearance: Appearance) -> Appearance:
    """Return ``appearance``, one row a picture, as they went before the camera; a take changes nothing."""

    def chance(name: str, per_mille: int) -> np.ndarray:
        return streams.chance(name, per_mille, plan.takes)[plan.take]

    glasses = appearance.glasses * (1 - chance("glasses off", look.glasses_off))
    hat = chance("hat", look.hats) * streams.integers("kind of hat", 1, 2, plan.takes)[plan.take]
    hats = streams.choice("colour of hat", _HATS, plan.takes)[plan.take]
    clothes = streams.choice("other clothes", CLOTHES, plan.takes)[plan.take]
    changed = chance("changed clothes", look.restyle * 10)[:, None]
    return replace(
        appearance,
        glasses=np.where(chance("sunglasses on", look.sunglasses) == 1, 2, glasses),
        clothes=np.where(changed == 1, clothes, appearance.clothes),
        hair_long=appearance.hair_long * (1 - chance("hair up", look.restyle * 2)),
        hat=hat,
        hat_colour=hats,
        **_hair(look, streams, plan, appearance),
    )


def _hair(look: Look, streams: Streams, plan: Plan, appearance: Appearance) -> dict[str, np.ndarray]:
    """Return the lengths and the colour of the hair, restyled."""

    def another(name: str, reach: int) -> np.ndarray:
        reach = reach * look.restyle // 100
        return streams.bell(f"style of {name}", -reach, reach, plan.takes)[plan.take]

    styled = {name: getattr(appearance, name) + another(name, reach) for name, reach in _STYLES.items()}
    return styled | {"hair": np.clip(appearance.hair + another("colour", 30)[:, None], 12, 240)}
