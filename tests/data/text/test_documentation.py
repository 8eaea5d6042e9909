"""The page on text of one's own: its examples are what the readers read."""

import re

import pytest

from engram.data.text.readers import TEXT_READERS, read_sentences
from engram.data.text.sentences import TextFormat
from engram.data.text.tags import spans
from tests.conftest import ROOT

PAGE = (ROOT / "docs/text-data.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- example: (\w+), (\S+) -->\n```text\n(.*?)```", PAGE, re.DOTALL)
#: Reader -> document, subset and entities of each sentence of its example.
FOUND = {
    "conll": [("note 1", "train", ["BRK-7 gene"])],
    "brat": [("note1", "train", ["BRK - 7 gene"])],
    "ccks": [("1", "train", ["右 髋 部"])],
    "manifest": [("patient 1", "train", ["fever"]), ("patient 2", "test", ["Cough"])],
}


def test_every_reader_has_an_example():
    assert {reader for reader, _, _ in EXAMPLES} == set(FOUND) == set(TEXT_READERS)


@pytest.mark.parametrize("reader", FOUND)
def test_an_example_is_read_as_the_page_says(tmp_path, reader):
    for name, content in ((name, content) for found, name, content in EXAMPLES if found == reader):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    read = read_sentences(reader, tmp_path, TextFormat("ours")).sentences
    assert [
        (one.document, one.subset, [" ".join(one.tokens[s.start : s.end]) for s in spans(one.tags)])
        for one in read
    ] == FOUND[reader]
