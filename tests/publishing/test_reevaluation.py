"""Predictions from published models: what is said where the models are not there."""

from pathlib import Path

import pytest

from engram.core.errors import CheckpointError
from engram.core.paths import Layout
from engram.publishing.reevaluation import reevaluate


def test_models_that_are_gone_are_pulled_again(smoke_settings, tmp_path):
    """The error names the command that brings them, and that a bundle has none: not the command just run."""
    published, made = Layout(Path("published/smoke")), Layout(tmp_path / "reevaluated")
    (tmp_path / "results/data").mkdir(parents=True)
    with pytest.raises(CheckpointError, match=r"dvc pull published/smoke.*bundle has no models") as raised:
        reevaluate(smoke_settings, Layout(tmp_path / "results"), published, made, threads=1, code="0")
    assert "snakemake reevaluate" not in str(raised.value)
