"""Captions of the report."""

from pathlib import Path
from types import SimpleNamespace

from jinja2 import Template

from engram.core.registry import Entry
from engram.reporting.captions import write_caption, write_captions


def test_a_table_has_its_own_caption(tmp_path):
    """The file is written once and again only when the caption changes."""
    path = write_caption(tmp_path / "captions", Entry("sizes", "How “large” it is.", "p"))
    assert Path(path).read_text() == "How “large” it is.\n"


def test_figures_of_one_rule_get_their_captions_by_name(tmp_path):
    """What names the transfer plays no part; quotes in captions are harmless."""
    entries = {"curves": Entry("curves", 'Loss, the "cost".', "p"), "map": Entry("map", "A map.", "p")}
    text = Path(write_captions(tmp_path, "figure", entries)).read_text()
    template = Template(text, trim_blocks=True)
    for figure, caption in (("curves-wild-studio", 'Loss, the "cost".'), ("map", "A map.")):
        job = SimpleNamespace(wildcards=SimpleNamespace(figure=figure))
        assert template.render(snakemake=job).strip() == caption
