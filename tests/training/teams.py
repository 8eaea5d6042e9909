"""Jobs of several processes, as tests start them."""

import shutil

from engram.core.paths import Layout
from engram.training.launch import launch


def with_processes(settings, processes=2, nodes=1):
    """Return the settings for jobs of several processes."""
    compute = settings.compute.model_copy(update={"processes": processes, "nodes": nodes})
    return settings.model_copy(update={"compute": compute})


def run(function, *arguments, world, processes=1, nodes=1):
    """Run a job; each process gets one thread."""
    settings, layout = with_processes(world[0], processes, nodes), world[1]
    launch(function, *arguments, settings=settings, layout=layout, threads=processes, code="code")


def beside(world, tmp_path):
    """Return the world with the same data in another folder, for the results of another run."""
    other = Layout(tmp_path / "other")
    shutil.copytree(world[1].root, other.root)
    return world[0], other
