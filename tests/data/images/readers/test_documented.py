"""docs/datasets.md: each reader has its row, and each data set's block reads the miniature of its layout."""

import re

import pytest
import yaml

from engram.config import DatasetSettings
from engram.data.images.readers import READERS, read_dataset
from tests.conftest import ROOT
from tests.data.images.miniatures import MINIATURES

PAGE = (ROOT / "docs/datasets.md").read_text(encoding="utf-8")
BLOCKS = {
    name: block
    for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    for name, block in yaml.safe_load(text).items()
    # A target's block names a data set, not a reader.
    if "reader" in block
}
#: Data set of the page -> its miniature, where their names differ.
OTHERS = {"affectnet_cropped": "affectnet_npy", "utkface_coral": "utkface", "msceleb": "msceleb_records"}


def test_every_reader_has_a_row():
    """A new reader is documented, and no row is left over."""
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(READERS)


def test_every_published_layout_has_a_block():
    """Those of the other configurations are named at the end."""
    readers = {block["reader"] for block in BLOCKS.values()}
    assert readers == set(READERS) - {"fer2013", "jaffe", "mug", "cmu", "london", "manifest"}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_reads_its_layout(tmp_path, name):
    """The settings are valid, the options are the reader's, and the task has labels or subjects."""
    chosen = DatasetSettings(**BLOCKS[name])
    MINIATURES[OTHERS.get(name, name)][1](tmp_path)
    frame = read_dataset(name, chosen.reader, tmp_path, chosen.options)
    if chosen.task is not None:
        assert {"identity": "subject", "attributes": "attr_young"}.get(chosen.task, chosen.task) in frame
    if chosen.boxes:
        assert frame["x_box_left"].notna().all()
    if chosen.split.scheme.startswith("official"):
        assert {"train", "test"} <= set(frame["official_split"])
