"""Evidence is read when it is asked for, once, and says what is missing."""

from __future__ import annotations

import pytest

from engram.core.errors import DataMissingError, PredictionsError, RecordError
from engram.studies.memory.collect import collect


def test_parts_are_read_once(evidence):
    """The same objects come back each time."""
    assert evidence.predictions is evidence.predictions
    assert evidence.scores is evidence.scores


def test_parts_cover_the_settings(evidence):
    """All data sets in use and all models with all seeds are there."""
    assert list(evidence.predictions) == ["lab", "portraits", "studio", "wild"]
    assert len(evidence.training) == 3 * 37
    assert evidence.baseline("wild", "lab").strategy == "BL"


def test_faces_are_not_loaded_whole(evidence):
    """Faces are mapped from the disk, not read."""
    faces = evidence.faces("wild")
    assert faces.shape == (400, 48, 48, 1)
    assert type(faces).__name__ == "memmap"


def test_subjects_are_words_as_they_stand(settings, tmp_path):
    """A person called NA, or with a hash in the name, keeps it."""
    found = collect(settings, tmp_path)
    for name in found.datasets:
        path = found.layout.split(name)
        path.parent.mkdir(parents=True)
        path.write_text("row,subject,subset,rank,fold\n0,NA,train,0,0\n1,a#7,test,-1,0\n")
    assert found.splits["wild"]["subject"].tolist() == ["NA", "a#7"]


def test_nothing_is_read_before_it_is_needed(settings, tmp_path):
    """An empty folder is no error until a part of it is asked for; then the error names the file."""
    empty = collect(settings, tmp_path)
    for error, part in (
        (PredictionsError, "predictions"),
        (RecordError, "training"),
        (DataMissingError, "splits"),
    ):
        with pytest.raises(error, match=str(tmp_path)):
            getattr(empty, part)
    with pytest.raises(DataMissingError, match=r"faces\.npy"):
        empty.faces("wild")
