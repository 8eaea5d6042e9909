"""Images of known persons that validate: where the persons themselves are what is learnt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["held_out_images"]

#: Of so many images of a person, one is held out.
_HELD_OUT = 5


def held_out_images(subjects: Sequence[str] | np.ndarray, seed: int) -> np.ndarray:
    """Return (N,) bool: which images validate, a fifth of each person's, by chance.

    At least one of a person who has two; a person's only image is trained on. Other persons' images
    say nothing about a head that knows the training persons.

    Parameters
    ----------
    subjects
        The person of each image, of shape (N,).
    seed
        Seed of the draw.
    """
    drawn = pd.Series(np.random.default_rng(seed).permutation(len(subjects)))
    people = drawn.groupby(np.asarray(subjects))
    rank, count = people.rank().to_numpy(), people.transform("size").to_numpy()
    return rank <= np.where(count > 1, np.maximum(1, count // _HELD_OUT), 0)
