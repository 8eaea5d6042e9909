"""Evaluate every model on a data set's test subset."""

from engram.runtime.code_hash import code_hash
from engram.runtime.job import job
from engram.studies.lineage.jobs import EvaluationParams
from engram.studies.memory.evaluate_step import evaluate_models

with job(snakemake, EvaluationParams) as params:
    files = snakemake.input, snakemake.output
    evaluate_models(*files, params, threads=snakemake.threads, code=code_hash(__file__))
