"""Images of known subjects that validate: where the subjects themselves are what is learnt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["held_out_images"]

#: Of so many images of a subject, one is held out.
_HELD_OUT = 5


def held_out_images(subjects: Sequence[str] | np.ndarray, seed: int) -> np.ndarray:
    """Return (N,) bool: which images validate, a fifth of each subject's, by chance.

    At least one of a subject who has two; a subject's only image is trained on. Other subjects' images
    say nothing about a head that knows the training subjects.

    Parameters
    ----------
    subjects
        The subject of each image, of shape (N,).
    seed
        Seed of the draw.
    """
    drawn = pd.Series(np.random.default_rng(seed).permutation(len(subjects)))
    of_subject = drawn.groupby(np.asarray(subjects))
    rank, count = of_subject.rank().to_numpy(), of_subject.transform("size").to_numpy()
    return rank <= np.where(count > 1, np.maximum(1, count // _HELD_OUT), 0)
