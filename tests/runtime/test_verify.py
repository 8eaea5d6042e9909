"""`snakemake verify`: what is damaged, and the one command that mends it."""

from pathlib import Path

import pytest

from engram.core.errors import DamageError
from engram.runtime import verify as verifying
from engram.runtime.checksums import write_checksums
from engram.runtime.verify import verify

CONFIGURATION = Path("config/my faces.json")


@pytest.fixture
def results(tmp_path, monkeypatch):
    """Return a results folder of three files; the plan makes all but `old.csv`."""
    monkeypatch.chdir(tmp_path)
    folder = Path("results")
    folder.mkdir()
    for name in ("model.safetensors", "shard-0.npy", "old.csv"):
        (folder / name).write_text(name)
        write_checksums(folder, f"make_{name.partition('.')[0]}", [folder / name])
    plan = {"results/model.safetensors", "results/shard-0.npy", "results/tables.csv"}
    monkeypatch.setattr(verifying, "planned_files", lambda path: plan if path == CONFIGURATION else set())
    return folder


def test_whole_results_are_said_to_be(results):
    """The number of files is told, so that nobody takes an empty folder for a whole one."""
    assert verify(results, CONFIGURATION) == "3 files below results are what was written."


def test_damage_is_named_with_the_command_that_mends_it(results):
    """Each file with what is wrong, then one command that can be copied as it is."""
    (results / "model.safetensors").write_text("model.sAfetensors")
    (results / "shard-0.npy").unlink()
    with pytest.raises(DamageError) as error:
        verify(results, CONFIGURATION, threads=2)
    assert str(error.value).splitlines() == [
        "2 of 3 files below results are not what was written.",
        "results/model.safetensors: its bytes are not those that were written (written by rule make_model)",
        "results/shard-0.npy: is missing (written by rule make_shard-0)",
        "This makes them anew, and what was made from them:",
        "  snakemake --forcerun results/model.safetensors results/shard-0.npy "
        "--configfile 'config/my faces.json'",
    ]


def test_what_no_rule_makes_any_more_is_told_apart(results):
    """A leftover of another configuration cannot be made anew; gone, it is no loss and is forgotten."""
    (results / "old.csv").write_text("")
    with pytest.raises(
        DamageError, match=r"No rule of this configuration makes these. Delete them:\nresults/old"
    ):
        verify(results, CONFIGURATION)
    (results / "old.csv").unlink()
    assert verify(results, CONFIGURATION) == "2 files below results are what was written."
    assert not (results / "checksums/old.csv.json").exists()
