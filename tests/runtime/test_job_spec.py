"""A rule's job as plain data: wildcards filled in, and parameters that only rerun what depends on them."""

from pathlib import Path
from types import SimpleNamespace

from engram.config import ComputeParams, ComputeSettings, LabelSettings
from engram.config.base import JobParams
from engram.runtime.job import job
from engram.runtime.job_spec import JobSpec


class _Params(JobParams):
    dataset: str


SPEC = JobSpec(
    name="embed",
    inputs={
        "faces": lambda wildcards: [Path("faces") / f"{wildcards.dataset}.npy"],
        "model": Path("model.safetensors"),
    },
    outputs={
        "arrays": [Path("{dataset}/{shard}.npy"), Path("{dataset}/all.npy")],
        "record": Path("{dataset}.json"),
    },
    log=Path("logs/{dataset}.log"),
    params=lambda wildcards: _Params(results="results", dataset=wildcards.dataset),
)


def test_wildcards_are_filled_in():
    """Functions are called with the wildcards; paths and lists of paths have their values."""
    inputs, outputs, params = SPEC.fill(dataset="wild", shard=3)
    assert inputs.faces == [Path("faces/wild.npy")]
    assert inputs.model == Path("model.safetensors")
    assert outputs.arrays == [Path("wild/3.npy"), Path("wild/all.npy")]
    assert dict(outputs.items())["record"] == Path("wild.json")
    assert params == _Params(results="results", dataset="wild")


def test_a_rule_gets_plain_parameters():
    """What a rule has as ``params`` goes through JSON; the timing lies beside the log."""
    given = SPEC.job(SimpleNamespace(dataset="wild"))
    assert given.pop("labels") == LabelSettings().model_dump(mode="json")
    assert given == {"results": "results", "dataset": "wild"}
    assert SPEC.benchmark == Path("logs/{dataset}.jsonl")


def test_how_a_job_computes_reaches_it_without_its_rule_s_parameters(tmp_path, monkeypatch):
    """Only the number format is in the rule's parameters; the other settings come when the job runs."""
    monkeypatch.chdir(tmp_path)
    compute = ComputeSettings(precision="fp32", checkpoint_seconds=7.0, device="cpu")
    planned = ComputeParams(results="results", compute=compute).model_dump(mode="json")
    assert planned.keys() == {"results", "labels", "compute"}
    assert planned["compute"] == {"precision": "fp32"}
    script = SimpleNamespace(
        params=SimpleNamespace(job=planned),
        config={"compute": {"checkpoint_seconds": 9.0, "device": "cpu", "precision": "bf16"}},
        rule="train",
        input=[],
        output=[],
        log=["log"],
    )
    with job(script, ComputeParams) as params:
        assert params.compute == compute.model_copy(update={"checkpoint_seconds": 9.0})
