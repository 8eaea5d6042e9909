"""What the tests of text share."""

import os
from pathlib import Path

import pytest

from engram.data.text.sentences import TextFormat


@pytest.fixture(scope="session")
def real_texts():
    """Return the folder with the ten sets of named entities; skip where it is not at hand."""
    beside = Path(__file__).parents[4] / "shared" / "data" / "ner"
    folder = Path(os.environ.get("ENGRAM_NER", beside))
    if not folder.is_dir():
        pytest.skip("no real texts: set ENGRAM_NER to the folder with ncbi_disease, bc5cdr and others")
    return folder


@pytest.fixture
def form():
    """Return the format that most texts have: entities in IOB2, UTF-8."""
    return TextFormat("mine")
