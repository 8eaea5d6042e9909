"""The rules of trainings: which start first."""

from pathlib import Path

from engram.config import load_settings
from engram.core.paths import Layout
from engram.studies.memory.jobs.stages import memory_stages
from tests.conftest import read_config


def test_what_others_wait_for_starts_first():
    """Models from random weights, then those that a further stage continues, then the last of their line."""
    settings = load_settings(read_config("default"))
    priorities = {
        spec.name.partition("train_stage_")[2].partition("_seeds")[0]: spec.priority
        for spec in memory_stages(settings, Layout(Path(settings.results)))
    }
    assert priorities["wild.base"] == priorities["studio.alone"] == 10
    # The chain of three levels goes on from the portraits and the wild faces.
    assert priorities["portraits.base__base"] == 5
    assert priorities["wild.base__head"] == priorities["wild.base__replay"] == 0
