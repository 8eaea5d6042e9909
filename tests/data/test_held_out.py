"""Images that are held out: a known answer, and what holds for any subjects."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from engram.data.held_out import held_out_images


def test_a_fifth_of_each_persons_images_is_held_out():
    """At least one of a person who has two, none of a person who has one; the seed draws which."""
    subjects = pd.Series(["a"] * 10 + ["b"] * 5 + ["c"] * 2 + ["d"])
    held_out = held_out_images(subjects, seed=3)
    assert pd.Series(held_out).groupby(subjects).sum().to_dict() == {"a": 2, "b": 1, "c": 1, "d": 0}
    np.testing.assert_array_equal(held_out, held_out_images(subjects, seed=3))
    assert any((held_out != held_out_images(subjects, seed=seed)).any() for seed in (4, 5))


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=60), st.integers(0, 2**32))
def test_every_person_keeps_an_image_to_learn_from(subjects, seed):
    """Whoever validates is also trained on."""
    subjects = np.array(subjects)
    held_out = held_out_images(subjects, seed)
    assert set(subjects[~held_out]) == set(subjects)
