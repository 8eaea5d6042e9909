"""Lineages: the one spelling of models' names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engram.core.errors import ConfigurationError
from engram.core.lineage import NAME, Lineage, Stage, StageData

names = st.from_regex(NAME, fullmatch=True)
data = st.builds(StageData, names, st.integers(1, 100))
stages = st.builds(Stage, st.lists(data, min_size=1, max_size=3).map(tuple), names)
lineages = st.builds(Lineage, st.lists(stages, min_size=1, max_size=4).map(tuple))


@given(lineages)
def test_spelling_and_reading_are_inverse(lineage):
    """What is written as a path is read back as the same lineage."""
    assert Lineage.parse(str(lineage)) == lineage


def test_the_parent_is_the_folder_above():
    """A model's folder lies inside its parent's."""
    child = Lineage.parse("wild.base/studio-50.head")
    assert str(child.parent) == "wild.base"
    assert child.parent.parent is None


def test_earlier_datasets_exclude_the_last_stage():
    """Replay draws from what the ancestors saw, not from the stage's own data."""
    child = Lineage.parse("faces.base/wild+lab-20.base/studio.head")
    assert child.earlier_datasets == ["faces", "lab", "wild"]


@pytest.mark.parametrize(
    "text", ["", "wild", "wild.", ".base", "Wild.base", "wild-0.base", "wild-100.base", "a/b"]
)
def test_other_spellings_are_refused(text):
    """There is one spelling: all of a data set is never written as 100."""
    with pytest.raises(ConfigurationError):
        Lineage.parse(text)
