"""Number formats: bfloat16 and float32 agree within noise on the demonstration's faces."""

import math

import pandas as pd
import pytest

from engram.config import load_settings
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.core.records import read_record
from engram.data.images.prepare import prepare_faces
from engram.data.images.readers import read_dataset
from engram.data.splitting import make_split, write_split
from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from tests.conftest import read_config
from tests.studies.stage_runs import run_evaluation, run_stages


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    """Return a folder with a part of the demonstration's source, prepared and split."""
    layout = Layout(tmp_path_factory.mktemp("precision"))
    settings = configured("fp32")
    chosen = settings.datasets["wild"]
    draw_dataset(DrawnSpec(**chosen.drawn.model_dump()), layout.drawn("wild"))
    manifest = read_dataset("wild", chosen.reader, layout.drawn("wild"))
    prepare_faces(manifest, layout.drawn("wild"), settings.faces, chosen.detect, layout.faces("wild"))
    write_split(layout.split("wild"), make_split(manifest, chosen.split, chosen.task, "wild"))
    return layout


def configured(precision):
    """Return the demonstration's settings with a smaller source."""
    config = read_config("default")
    config["datasets"]["wild"]["drawn"].update(subjects=200, images=800)
    config["datasets"]["wild"]["split"] = {"validation": 0.1, "test": 0.3}
    config["compute"]["precision"] = precision
    config["seeds"] = [1]
    return load_settings(config)


@pytest.mark.long
@pytest.mark.slow
def test_bf16_and_fp32_agree_within_noise(layout):
    """The baseline trained in either format scores alike: within two standard errors."""
    found = {}
    lineage = Lineage.parse("wild.base")
    for precision in ("fp32", "bf16"):
        settings = configured(precision)
        run_stages((settings, layout), [str(lineage)])
        assert read_record(layout.model_record(lineage, 1)).environment["precision"] == precision
        run_evaluation((settings, layout), "wild", [str(lineage)])
        table = pd.read_parquet(layout.predictions("wild"))
        found[precision] = (table["truth"] == table["prediction"]).mean()
    error = math.sqrt(2 * 0.25 / len(table))
    assert found["fp32"] > 2 / 7
    assert abs(found["fp32"] - found["bf16"]) < 2 * error
