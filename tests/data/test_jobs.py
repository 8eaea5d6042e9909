"""What each job of the data depends on, and what preparing a data set leaves."""

import pytest

from engram.core.paths import GENERAL_CROP, MEMORY_CROP, Layout
from engram.core.records import read_record
from engram.data.images.prepare import prepare_dataset
from engram.data.images.store import FaceStore
from engram.data.jobs import (
    DrawParams,
    PrepareParams,
    ReadParams,
    SheetParams,
    SplitParams,
    drawn_files,
    image_folder,
    store_files,
)
from engram.data.manifest import write_manifest
from engram.runtime.job_spec import JobFiles


def params(settings, name):
    """Return the parameters of every job of a data set, by the name of their class."""
    made = [kind.from_settings(settings, name) for kind in (DrawParams, ReadParams, SplitParams, SheetParams)]
    made += [PrepareParams.from_settings(settings, name, crop) for crop in (MEMORY_CROP, GENERAL_CROP)]
    return [(type(item).__name__, item) for item in made]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "Another"}, {"SheetParams"}),
        ({"published": "JAFFE", "show_faces": False, "source": "there", "shards": 3}, set()),
        ({"task": "gender"}, {"SplitParams", "SheetParams"}),
        ({"detect": False}, {"PrepareParams"}),
    ],
)
def test_a_setting_reruns_the_jobs_that_depend_on_it(smoke_settings, change, expected):
    """A title draws the contact sheet anew; what only tables say reruns nothing here."""
    chosen = smoke_settings.datasets["wild"].model_copy(update=change)
    changed = smoke_settings.model_copy(update={"datasets": {**smoke_settings.datasets, "wild": chosen}})
    pairs = zip(params(smoke_settings, "wild"), params(changed, "wild"), strict=True)
    assert {name for (name, before), (_, after) in pairs if before != after} == expected


def test_images_lie_among_the_results_only_if_they_are_drawn(smoke_settings):
    """The files of a published data set are nobody's output."""
    layout = Layout.from_settings(smoke_settings)
    assert image_folder(smoke_settings, "wild") == layout.drawn("wild")
    assert drawn_files(smoke_settings, "wild") == [
        layout.drawn("wild") / "images.npy",
        layout.drawn("wild") / "manifest.csv",
    ]
    real = smoke_settings.datasets["wild"].model_copy(
        update={"reader": "manifest", "drawn": None, "root": "w"}
    )
    changed = smoke_settings.model_copy(update={"datasets": {"wild": real}, "data_root": "/data"})
    assert str(image_folder(changed, "wild")) == "/data/w"
    assert drawn_files(changed, "wild") == []


def test_preparing_leaves_the_store_and_a_record(tmp_path, listed, manifest, smoke_settings):
    """The record counts what was found and names the store by its hash."""
    write_manifest(tmp_path / "manifest.parquet", manifest)
    chosen = PrepareParams(
        results=str(tmp_path), dataset="lab", folder=str(listed), faces=smoke_settings.faces, detect=False
    )
    faces, index, summary = store_files(tmp_path / "faces")
    outputs = JobFiles(faces=faces, index=index, summary=summary, record=tmp_path / "faces/record.json")
    prepare_dataset(JobFiles(manifest=tmp_path / "manifest.parquet"), outputs, chosen, code="code")
    record = read_record(outputs.record)
    assert record.data == {"lab": FaceStore.load(tmp_path / "faces").hash}
    assert record.metrics["images"] == record.metrics["detected"] == len(manifest)
    assert record.settings["detect"] is False
