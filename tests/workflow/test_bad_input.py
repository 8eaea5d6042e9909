"""Bad data through the workflow: one clear error, no traceback, and what exists stays."""

import numpy as np
import pytest
import yaml
from PIL import Image

from tests.workflow.conftest import snakemake

pytestmark = pytest.mark.workflow


@pytest.fixture
def ours(checkout):
    """Return a function that runs a rule of a small data set of our own, after a change of its files."""
    folder = checkout / "data/raw/ours"
    folder.mkdir(parents=True)
    rows = ["image,subject,expression"]
    for number in range(12):
        Image.fromarray(np.full((32, 32), 20 * number, np.uint8)).save(folder / f"{number}.png")
        rows.append(f"{number}.png,person{number // 3},{('anger', 'fear', 'happiness')[number % 3]}")
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    dataset = {"title": "Ours", "reader": "manifest", "root": "ours", "detect": False}
    config = {
        "results": "results/ours",
        "datasets": {"ours": dataset},
        "memory": {"transfers": [{"source": "wild", "targets": ["ours"]}]},
    }
    (checkout / "config/ours.yaml").write_text(yaml.safe_dump(config))

    def run(target):
        configuration = ("--configfile", "config/ours.yaml")
        return snakemake(checkout, f"results/ours/data/ours/{target}", *configuration, check=False)

    return run


def said(done):
    """Return what a failed run said, after checking that it failed without a traceback."""
    text = done.stdout + done.stderr
    assert done.returncode
    assert "Traceback" not in text
    return text


def test_an_unknown_class_names_its_row(ours, checkout):
    """The reader stops with the row, the class and those that are known."""
    manifest = checkout / "data/raw/ours/manifest.csv"
    manifest.write_text(manifest.read_text().replace("person1,fear", "person1,boredom"))
    text = said(ours("manifest.parquet"))
    assert "ManifestError" in text
    assert "boredom" in text
    assert "manifest.csv" in text
    assert not (checkout / "results/ours/data/ours/manifest.parquet").exists()


def test_a_truncated_image_is_named_and_nothing_that_exists_is_lost(ours, checkout):
    """A damaged file found later stops its job; the manifest that was made before stays."""
    assert ours("manifest.parquet").returncode == 0
    image = checkout / "data/raw/ours/7.png"
    image.write_bytes(image.read_bytes()[:60])
    text = said(ours("faces/faces.npy"))
    assert "ImageError" in text
    assert "7.png" in text
    assert (checkout / "results/ours/data/ours/manifest.parquet").exists()
    assert not list((checkout / "results/ours").rglob("*.partial*"))


def test_a_data_set_of_one_person_cannot_be_split(ours, checkout):
    """The error comes before any training and says what is missing."""
    manifest = checkout / "data/raw/ours/manifest.csv"
    lines = manifest.read_text().splitlines()
    manifest.write_text(
        "\n".join(line.replace(line.split(",")[1], "ada") if i else line for i, line in enumerate(lines))
    )
    text = said(ours("split.csv"))
    assert "ManifestError" in text or "SplitError" in text
    assert "subject" in text
