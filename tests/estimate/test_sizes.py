"""How many faces each data set is taken to have, and how that is known."""

import pandas as pd
import pytest

from engram.config import load_settings
from engram.core.errors import ManifestError
from engram.core.paths import Layout
from engram.estimate.sizes import find_sizes
from engram.studies.memory.printed import read_printed
from tests.conftest import read_config
from tests.estimate.conftest import settings_of, sizes_of


def subsets(size):
    """Return a data set's training, validation and test images."""
    return size.train, size.validation, size.test


def test_published_sizes_need_no_data():
    """The papers' data sets have the printed numbers on a machine that has none of them."""
    sizes = sizes_of(settings_of("paper"))
    printed = read_printed("datasets").set_index("dataset")[["training", "validation", "test"]]
    for name in ("fer2013", "jaffe", "tfeid", "mug"):
        assert subsets(sizes[name]) == tuple(printed.loc[settings_of("paper").datasets[name].published])
    assert not any("assumed" in size.origin for size in sizes.values())


def test_owners_subsets_and_those_that_are_left_out():
    """Owners' subsets where the split is theirs; a subset that is left out is empty."""
    settings = settings_of("paper")
    sizes = sizes_of(settings)
    assert subsets(sizes["celeba"]) == (162_790, 19_867, 19_962)
    assert (sizes["rafdb"].train + sizes["rafdb"].validation, sizes["rafdb"].test) == (12_271, 3_068)
    assert sizes["utkface_coral"].test == 3_287
    assert subsets(sizes["lfw"]) == (0, 0, 13_233)
    assert sizes["vggface2_test"].test == 0
    unlabelled = sum(sizes[name].images for name in settings.general.unsupervised)
    assert unlabelled == pytest.approx(4_120_000, rel=0.01)


def with_transfers(*names, **sections):
    """Return settings whose study of memory reads further data sets of ours."""
    config = read_config("default")
    here = {"title": "Ours", "reader": "manifest", "root": "ours"}
    memory = {**config["memory"], "transfers": [{"source": "wild", "targets": [*names]}]}
    datasets = config["datasets"] | dict.fromkeys(names, here)
    return load_settings({**config, "memory": memory, "datasets": datasets, **sections})


def test_sizes_say_how_they_are_known():
    """Said, drawn, or assumed: in this order."""
    said = {"said": {"images": 777, "subjects": 7}, "half": {"images": 500}}
    sizes = sizes_of(with_transfers("away", "said", "half", estimate={"datasets": said}))
    # Further subjects who are tested on come on top of those whom the split parts.
    assert (sizes["wild"].images, sizes["wild"].subjects) == (2600, 1000)
    assert subsets(sizes["wild"]) == (1275, 170, 1155)
    assert (sizes["said"].images, sizes["said"].subjects) == (777, 7)
    assert (sizes["half"].images, sizes["half"].subjects) == (500, 50)
    assert "assumed" in sizes["away"].origin
    known = [size for size in sizes.values() if size.side]
    assert all(size.train + size.validation + size.test == size.images for size in known)


def test_a_manifest_that_was_read_is_counted(tmp_path):
    """600 listed images of 60 subjects, parted by the split's fractions."""
    layout = Layout(tmp_path / "results")
    layout.manifest("ours").parent.mkdir(parents=True)
    subjects = [str(number // 10) for number in range(600)]
    pd.DataFrame({"subject": subjects}).to_parquet(layout.manifest("ours"))
    size = find_sizes(with_transfers("ours"), layout)["ours"]
    assert (size.images, size.subjects) == (600, 60)
    assert subsets(size) == (360, 60, 180)
    assert "manifest.parquet" in size.origin


def test_a_damaged_manifest_of_a_run_is_named(tmp_path):
    """A run's own manifest, cut short."""
    layout = Layout(tmp_path / "results")
    layout.manifest("ours").parent.mkdir(parents=True)
    layout.manifest("ours").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ManifestError, match=r"manifest\.parquet: this file is damaged.*Delete it"):
        find_sizes(with_transfers("ours"), layout)
