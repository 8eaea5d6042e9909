"""Bad text through the workflow: one clear error, no traceback, and what exists stays."""

import pytest
import yaml

from tests.workflow.conftest import snakemake

pytestmark = pytest.mark.workflow

GOOD = "-DOCSTART- (d{0})\n\nThe\tO\nBRK-7\tB-gene\ngene\tI-gene\n\nIt\tO\nbinds\tO\n\n"


@pytest.fixture
def ours(checkout):
    """Return a function that runs a rule of a small text of our own, and the text's folder."""
    folder = checkout / "data/raw/notes"
    folder.mkdir(parents=True)
    (folder / "train.tsv").write_text("".join(map(GOOD.format, range(6))))
    text = {"title": "Ours", "reader": "conll", "root": "notes"}
    (checkout / "config/notes.yaml").write_text(
        yaml.safe_dump({"results": "results/notes", "texts": {"ours": text}})
    )

    def run(*targets):
        paths = (f"results/notes/data/ours/{target}" for target in targets)
        return snakemake(checkout, *paths, "--configfile", "config/notes.yaml", check=False)

    return run, folder


def test_a_text_is_read_stored_and_split_until_a_line_breaks(ours, checkout):
    """The file and the line are named; what was made before stays."""
    run, folder = ours
    assert run("text/store.json", "split.csv").returncode == 0
    split = checkout / "results/notes/data/ours/split.csv"
    assert len(split.read_text().splitlines()) == 13
    manifest = checkout / "results/notes/data/ours/manifest.parquet"
    manifest.unlink()
    (folder / "train.tsv").write_text(GOOD.format(1) + "p53\tI-gene\n")
    done = run("manifest.parquet")
    said = done.stdout + done.stderr
    assert done.returncode
    assert "train.tsv, line 10: 'I-gene' follows no 'B-gene'" in said
    assert "Traceback" not in said
    assert split.exists()
    assert not manifest.exists()


def test_a_missing_text_stops_before_any_job(ours):
    run, folder = ours
    (folder / "train.tsv").unlink()
    done = run("text/store.json")
    said = done.stdout + done.stderr
    assert done.returncode
    assert "Text 'ours' (Ours) is missing" in said
    assert "read_text/ours.log" not in said
