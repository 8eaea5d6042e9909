"""Miniatures of published data sets, made once, and read."""

import pytest

from engram.data.images.readers import read_dataset
from tests.data.images.miniatures import MINIATURES


@pytest.fixture(scope="session")
def roots(tmp_path_factory):
    """Return a function that gives the folder of a miniature, made once."""
    made = {}

    def root(name):
        if name not in made:
            made[name] = MINIATURES[name][1](tmp_path_factory.mktemp(name))
        return made[name]

    return root


@pytest.fixture
def read(roots):
    """Return a function that reads a miniature with some options."""
    return lambda name, **options: read_dataset(name, MINIATURES[name][0], roots(name), options)
