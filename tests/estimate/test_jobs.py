"""Jobs from Snakemake's own words, and what they compute by their outputs."""

from pathlib import Path

import pytest

from engram.config import StoreSettings
from engram.core.paths import Layout
from engram.estimate.jobs import parse_jobs
from engram.estimate.products import product_works
from engram.training.workload import Work
from tests.estimate.conftest import settings_of, sizes_of

TEXT = """\
Building DAG of jobs...
[Tue Nov 24 17:59:46 2026]
rule memory_tables:
    input: r/models/a.bin, r/split.csv
    output: r/tables/t.csv, r/tables/t.md
    log: r/logs/memory_tables.log
    jobid: 1
    resources: tmpdir=/tmp
[Tue Nov 24 17:59:46 2026]
localrule split_subjects:
    output: r/split.csv
    log: r/logs/split_subjects/a.log
    benchmark: r/logs/split_subjects/a.jsonl
    jobid: 2
[Tue Nov 24 17:59:46 2026]
rule train_stage_a_seeds_1:
    input: r/split.csv, .snakemake/code/train_stage.json
    output: r/models/a.bin
    log: r/logs/train_stage/a/seeds_1.log
    jobid: 3
    benchmark: r/logs/train_stage/a/seeds_1.jsonl
    priority: 10
[Tue Nov 24 17:59:46 2026]
rule all:
    input: r/tables/t.csv
    jobid: 0
"""


def test_jobs_stand_behind_what_they_need():
    """A dry run lists them in any order; the target that makes no file is no job."""
    jobs = parse_jobs(TEXT, Path("r/logs"), lambda outputs: Work(disk=len(outputs)))
    assert [job.kind for job in jobs] == ["split_subjects", "train_stage", "memory_tables"]
    assert [job.needs for job in jobs] == [[], [0], [0, 1]]
    assert [job.work.disk for job in jobs] == [1, 1, 2]


def test_outputs_say_what_a_job_computes():
    """However many seeds and lineages a rule groups: one stage a model; a record adds nothing."""
    settings = settings_of("smoke")
    layout = Layout(Path("r"))
    work_of = product_works(settings, layout, sizes_of(settings))
    one = work_of(["r/models/seed1/wild.base/model.safetensors", "r/models/seed1/wild.base/record.json"])
    child = work_of(["r/models/seed2/wild.base/studio-50.head/model.safetensors"])
    both = work_of(
        [
            "r/models/seed1/wild.base/model.safetensors",
            "r/models/seed2/wild.base/studio-50.head/model.safetensors",
        ]
    )
    assert both.workloads == [*one.workloads, *child.workloads]
    assert len(one.workloads) == 2
    assert work_of(["r/export/README.md"]) == Work()
    sheet = work_of(["r/figures/sheets/wild.png"])
    assert work_of(["r/tables/a.csv", "r/tables/a.md"]) == sheet
    assert sheet.core_seconds > 1
    frozen = work_of(["r/general/transfer/verification/frozen/predictions.parquet"])
    network = work_of(["r/general/transfer/verification/cnn/predictions.parquet"])
    assert not frozen.workloads
    assert network.workloads[0].learns
    faces = work_of(["r/data/wild/faces/faces.npy"])
    # 240 drawn faces, and 20 of further subjects, of 48 x 48 in grey.
    assert faces.disk == 260 * 48 * 48
    assert faces.core_seconds == pytest.approx(260 * (0.0084 + 0.016 / 64))


def test_a_shard_is_its_part_of_the_faces():
    """Of JPEG, by what a photograph takes: a fraction of an array, and a few seconds for compressing."""
    settings = settings_of("smoke")
    crowd = settings.datasets["crowd"].model_copy(update={"shards": 4})
    faces = settings.general.faces.model_copy(update={"store": StoreSettings(format="jpeg")})
    general = settings.general.model_copy(update={"faces": faces})
    changed = settings.model_copy(
        update={"datasets": {**settings.datasets, "crowd": crowd}, "general": general}
    )
    folder = "r/data/crowd/faces_general"
    array = product_works(settings, Layout(Path("r")), sizes_of(settings))([f"{folder}/faces.npy"])
    work_of = product_works(changed, Layout(Path("r")), sizes_of(changed))
    shard = work_of([f"{folder}/shard-2.arrow", f"{folder}/shard-2.json"])
    assert 4 * shard.disk == pytest.approx(array.disk * 0.26 / 3)
    assert array.core_seconds < 4 * shard.core_seconds < 1.01 * array.core_seconds
    assert work_of([f"{folder}/index.parquet", f"{folder}/store.json"]) == Work()
