"""Jobs of several processes, as a user asks for them."""

import json

import pytest

from tests.workflow.conftest import snakemake

_MODEL = "results/smoke/models/seed1/wild.base"
_ENCODER = "results/smoke/general/encoders/expression"


@pytest.mark.workflow
@pytest.mark.long
def test_two_processes_train_what_snakemake_asks_for(checkout):
    """Each training job starts two; records say so, a log shows one bar, and with one nothing runs again."""
    two = [
        f"{_MODEL}/model.safetensors",
        f"{_ENCODER}/model.safetensors",
        "--configfile",
        "config/smoke.yaml",
    ]
    snakemake(checkout, "--cores", "2", *two, "--config", 'compute={"processes": 2}')
    for folder in (_MODEL, _ENCODER):
        record = json.loads((checkout / folder / "record.json").read_text(encoding="utf-8"))
        assert record["environment"]["processes"] == "2"
    log = next((checkout / "results/smoke/logs/train_encoder").glob("*.log")).read_text(encoding="utf-8")
    assert log.count("encoder expression (seed 1):   0%") == 1
    assert not list((checkout / "results/smoke/scratch").glob("processes-*"))
    again = snakemake(checkout, "-n", *two)
    assert "Nothing to be done" in again.stdout + again.stderr
