"""Solve a piece of knowledge by every approach: choice of encoders, frozen heads, trained networks."""

from engram.core.paths import Layout
from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.general.finetune import transfer_trained
from engram.studies.general.probe import transfer_frozen
from engram.studies.general.selection.step import select_encoders

with job(snakemake) as settings:
    name, layout = snakemake.wildcards.knowledge, Layout.of(settings)
    how = {"threads": snakemake.threads, "code": code_hash(__file__)}
    if snakemake.params.choose:
        select_encoders(name, settings, layout, **how)
    transfer_frozen(name, settings, layout, **how)
    networks = [approach for approach in snakemake.params.approaches if approach != "frozen"]
    transfer_trained(name, networks, settings, layout, **how)
