"""The drawn faces are those that `data.dvc` names, byte for byte."""

import pytest
import yaml

from engram.data.synthetic.pinned import directory_hash, draw_pinned
from tests.conftest import ROOT

# Forty thousand pictures: a minute and a half. Each look's bytes are tested in faces/test_dataset.py.
pytestmark = pytest.mark.long


def test_drawn_anew_they_have_the_pinned_hash(tmp_path):
    """Every drawn data set of the default configuration, drawn on this machine, is the pinned one."""
    draw_pinned(tmp_path)
    pinned = yaml.safe_load((ROOT / "data.dvc").read_text(encoding="utf-8"))["outs"][0]
    assert directory_hash(tmp_path) == pinned["md5"]
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.*")) == pinned["size"]
