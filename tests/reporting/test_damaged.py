"""Damaged evidence and claims: one error of the project that names the file, never a wrong table."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given

from engram.core.errors import ConfigurationError, EngramError
from engram.core.paths import GENERAL_CROP
from engram.reporting.claims import read_claims
from engram.studies.general.evidence.collect import collect_general
from engram.studies.general.evidence.reconstructed import read_errors
from engram.studies.memory.collect import Evidence
from tests.conftest import ROOT
from tests.damage import DAMAGE, complaint, examples
from tests.simulated_general import general_settings, layout_of


def memory_file(evidence, part):
    """Return the file that a part of the evidence is read from, and what reads it."""
    layout, data = evidence.layout, evidence.datasets[0]
    lineage, seed = str(evidence.trials[0].lineage), evidence.settings.seeds[0]
    return {
        "predictions": layout.predictions(data),
        "training": layout.model_record(lineage, seed),
        "preparation": layout.faces_record(data),
        "splits": layout.split(data),
        "faces": layout.faces(data) / "faces.npy",
    }[part]


def reads(evidence, part, dataset):
    return evidence.faces(dataset)[:1] if part == "faces" else getattr(evidence, part)


@pytest.mark.parametrize("part", ["predictions", "training", "preparation", "splits", "faces"])
def test_damaged_evidence_of_the_memory_study(small, part):
    """Each kind of file that tables and figures read, damaged in fifty ways."""
    path = memory_file(small, part)
    data = path.read_bytes()

    @examples(50)
    @given(DAMAGE)
    def check(damage):
        path.write_bytes(damage.of(data))
        again = Evidence(small.settings, small.layout, small.files)
        said = complaint(lambda: reads(again, part, small.datasets[0]), EngramError)
        assert said is None or str(path) in said

    try:
        check()
    finally:
        path.write_bytes(data)


GENERAL = ["outcomes", "selection", "reconstruction", "encoders", "index", "faces", "neighbours", "map"]


@pytest.fixture(scope="module")
def own(general, tmp_path_factory):
    """Evidence that reads a copy of the simulated run: other tests read the run at the same time."""
    copy = tmp_path_factory.mktemp("damaged") / "results"
    shutil.copytree(general.params.results, copy)
    return collect_general(general_settings(), copy)


def general_file(evidence, part):
    """Return the file that a part of the general study's evidence is read from."""
    layout, item = layout_of(evidence), evidence.targets[0]
    faces = layout.faces(item.dataset, GENERAL_CROP)
    return {
        "outcomes": layout.transfer(item.name, "frozen") / "predictions.parquet",
        "selection": layout.selection(item.name) / "scores.parquet",
        "reconstruction": layout.fusion("ae", evidence.params.seeds[0]) / "reconstruction.parquet",
        "encoders": layout.encoder(next(iter(evidence.general.encoders))) / "record.json",
        "index": faces / "index.parquet",
        "faces": faces / "faces.npy",
        "neighbours": layout.views / "neighbours.parquet",
        "map": layout.views / "map.parquet",
    }[part]


def general_part(evidence, part):
    """Read one part, as the tables and figures do."""
    if part == "outcomes":
        return evidence._read_outcome(evidence.targets[0])
    if part in ("index", "faces"):
        return getattr(evidence, part)(evidence.targets[0].dataset)
    if part in ("neighbours", "map"):
        return evidence.view(part)
    if part == "reconstruction":
        return read_errors(general_file(evidence, part), list(evidence.general.encoders))
    return getattr(evidence, part)


@pytest.mark.parametrize("part", GENERAL)
def test_damaged_evidence_of_the_general_study(own, part):
    """Predictions, scores, errors, records, faces and views, damaged in forty ways each."""
    path = general_file(own, part)
    data = path.read_bytes()

    @examples(40)
    @given(DAMAGE)
    def check(damage):
        path.write_bytes(damage.of(data))
        again = collect_general(general_settings(), own.params.results)
        said = complaint(lambda: general_part(again, part), EngramError)
        assert said is None or str(path) in said or own.targets[0].name in said

    try:
        check()
    finally:
        path.write_bytes(data)


@pytest.mark.parametrize("name", ["outcomes", "selection", "reconstruction", "index", "neighbours"])
@pytest.mark.parametrize("other", ["outcomes", "selection", "reconstruction", "index", "neighbours"])
def test_a_table_in_another_s_place(own, name, other):
    """A whole file of the wrong kind is named as such."""
    if name == other:
        return
    path = general_file(own, name)
    data = path.read_bytes()
    try:
        path.write_bytes(general_file(own, other).read_bytes())
        again = collect_general(general_settings(), own.params.results)
        assert str(path) in complaint(lambda: general_part(again, name), EngramError)
    finally:
        path.write_bytes(data)


@examples(150)
@given(damage=DAMAGE)
def test_damaged_claims(tmp_path_factory, damage):
    """The claims of a paper are YAML, edited by hand: a slip is one error with the file's name."""
    folder = tmp_path_factory.mktemp("claims")
    data = (ROOT / "workflow/engram/studies/memory/claims.yaml").read_bytes()[:3000]
    data = data[: data.rindex(b"\n  - ")] + b"\n"
    path = folder / "claims.yaml"
    path.write_bytes(damage.of(data))
    said = complaint(lambda: read_claims(path), ConfigurationError)
    assert said is None or str(path) in said


@pytest.mark.parametrize(
    "text", ["", "a: [", "&a [*a]", "- 1", "study: !!python/object:os.system {}", "{1: 2}"]
)
def test_claims_that_are_no_claims(tmp_path, text):
    """Broken YAML, loops, objects and another structure are refused; nothing is run."""
    path = Path(tmp_path, "claims.yaml")
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="the claims cannot be read"):
        read_claims(path)
