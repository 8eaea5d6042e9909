"""The world of text that the tests of the study share."""

import pytest

from engram.core.paths import Layout
from tests.studies.entities.text_world import make_settings, write_world


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Return settings and the layout of a folder with stored texts and splits; a test adds models alone."""
    settings = make_settings()
    layout = Layout(tmp_path_factory.mktemp("texts") / "results")
    write_world(settings, layout)
    return settings, layout
