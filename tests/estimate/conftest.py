"""Configurations, and a pilot whose numbers can be worked with in the head."""

import copy
from pathlib import Path

from engram.config import load_settings
from engram.core.paths import Layout
from engram.estimate.cost import Measured, Pilot, workload_key
from engram.estimate.sizes import find_sizes
from tests.conftest import read_config

#: What a step of any network takes.
STEP = Measured(seconds=0.5, memory=1_000_000_000, gpu_memory=2_000_000_000, parameters=1000, input_values=10)


def settings_of(name, **changes):
    """Return a shipped configuration's settings, with some top-level sections changed."""
    return load_settings({**copy.deepcopy(read_config(name)), **changes})


def sizes_of(settings, folder="nowhere"):
    """Return the sizes of all data sets of a configuration."""
    return find_sizes(settings, Layout(Path(folder)))


def pilot_of(works, *, gpu=False, threads=1):
    """Return a pilot that measured `STEP` for every workload of these works."""
    pilot = Pilot("a device", gpu, threads)
    workloads = [pilot.on_device(workload) for work in works for workload in work.workloads]
    return Pilot("a device", gpu, threads, {workload_key(each): STEP for each in workloads})
