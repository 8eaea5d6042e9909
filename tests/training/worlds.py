"""Worlds of studies for tests of several processes."""

import shutil

from engram.core.paths import Layout
from engram.training.launch import launch_step
from tests.studies.located import located


def run_step(step, job, *, world, processes=1, **wildcards):
    """Run the step of a job, which a function of the settings gives; each process gets one thread."""
    compute = world[0].compute.model_copy(update={"processes": processes})
    settings = located(world[0].model_copy(update={"compute": compute}), world[1])
    launch_step(step, *job(settings).fill(**wildcards), threads=processes, code="code")


def beside(world, tmp_path):
    """Return the world with the same data in another folder, for the results of another run."""
    other = Layout(tmp_path / "other")
    shutil.copytree(world[1].root, other.root)
    return world[0], other
