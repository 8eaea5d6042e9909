"""Jobs of several processes, as tests start them."""

import shutil

from engram.core.paths import Layout
from engram.training.launch import launch, launch_step
from tests.studies.located import located


def with_processes(settings, processes=2, nodes=1):
    """Return the settings for jobs of several processes."""
    compute = settings.compute.model_copy(update={"processes": processes, "nodes": nodes})
    return settings.model_copy(update={"compute": compute})


def run(function, *arguments, world, processes=1, nodes=1):
    """Run a job; each process gets one thread."""
    settings, layout = with_processes(world[0], processes, nodes), world[1]
    launch(function, *arguments, settings=settings, layout=layout, threads=processes, code="code")


def run_step(step, job, *, world, processes=1, nodes=1, **wildcards):
    """Run the step of a job, which a function of the settings gives; each process gets one thread."""
    settings = located(with_processes(world[0], processes, nodes), world[1])
    launch_step(step, *job(settings).fill(**wildcards), threads=processes, code="code")


def beside(world, tmp_path):
    """Return the world with the same data in another folder, for the results of another run."""
    other = Layout(tmp_path / "other")
    shutil.copytree(world[1].root, other.root)
    return world[0], other
