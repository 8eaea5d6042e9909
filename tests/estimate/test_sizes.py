"""How many faces each data set is taken to have, and how that is known."""

import pandas as pd
import pytest

from engram.config import load_settings
from engram.core.errors import ConfigurationError, ManifestError
from engram.core.paths import Layout
from engram.estimate.sizes import find_sizes
from engram.studies.general.plan import general_datasets
from tests.conftest import read_config
from tests.estimate.conftest import settings_of

PAPER = ["fer2013", "jaffe", "tfeid", "mug"]


def test_published_sizes_need_no_data(tmp_path):
    """The paper's data sets have the printed numbers on a machine that has none of them."""
    sizes = find_sizes(settings_of("paper"), Layout(tmp_path), PAPER)
    fer = sizes["fer2013"]
    assert (fer.train, fer.validation, fer.test, fer.side) == (28709, 3589, 3589, 48)
    assert (sizes["jaffe"].train, sizes["jaffe"].validation, sizes["jaffe"].test) == (131, 15, 67)
    assert all("printed" in size.origin for size in sizes.values())


def test_sizes_say_how_they_are_known(tmp_path):
    """Said, drawn, published by the owners, or assumed: in this order."""
    config = read_config("default")
    here = {"title": "Ours", "reader": "manifest", "root": "ours"}
    datasets = {
        "away": here,
        "said": here,
        "half": here,
        "cmu": {"title": "CMU", "reader": "cmu", "root": "cmu"},
    }
    said = {"said": {"images": 777, "subjects": 7}, "half": {"images": 500}}
    settings = load_settings(
        {**config, "datasets": {**config["datasets"], **datasets}, "estimate": {"datasets": said}}
    )
    sizes = find_sizes(settings, Layout(tmp_path / "results"), ["wild", *datasets])
    # Further subjects who are tested on come on top of those whom the split parts.
    assert (sizes["wild"].images, sizes["wild"].subjects) == (2900, 1000)
    assert (sizes["wild"].train, sizes["wild"].validation, sizes["wild"].test) == (1500, 200, 1200)
    assert (sizes["said"].images, sizes["said"].subjects) == (777, 7)
    assert (sizes["half"].images, sizes["half"].subjects) == (500, 50)
    assert "assumed" in sizes["away"].origin
    assert "owners" in sizes["cmu"].origin
    assert all(size.train + size.validation + size.test == size.images for size in sizes.values())


def subsets_of(tmp_path, name, images):
    """Return the subsets of one of the paper's data sets, said to have so many images."""
    settings = settings_of("paper", estimate={"datasets": {name: {"images": images}}})
    size = find_sizes(settings, Layout(tmp_path), [name])[name]
    assert size.images == images
    return size.train, size.validation, size.test


def test_official_subsets_grow_with_the_images(tmp_path):
    """Twice FER's 35,887 images are twice its printed subsets; one more or less is what is printed."""
    assert subsets_of(tmp_path, "fer2013", 71_774) == (57_418, 7178, 7178)
    assert subsets_of(tmp_path, "fer2013", 35_888) == (28_709, 3589, 3589)
    assert subsets_of(tmp_path, "fer2013", 35_886) == (28_709, 3589, 3589)


def test_sizes_that_a_configuration_sets_hold_for_validation_and_test(tmp_path):
    """JAFFE's split gets 15 and 67 of any number of images, as its job does, and trains on the rest."""
    assert subsets_of(tmp_path, "jaffe", 213) == (131, 15, 67)
    assert subsets_of(tmp_path, "jaffe", 300) == (218, 15, 67)
    assert subsets_of(tmp_path, "jaffe", 83) == (1, 15, 67)
    with pytest.raises(ConfigurationError, match=r"15 \+ 67 .* none of 82 .*estimate\.datasets\.jaffe"):
        subsets_of(tmp_path, "jaffe", 82)


def test_a_manifest_that_was_read_counts_more_than_what_is_printed(tmp_path):
    """Of 600 listed images, 510 as printed, those behind 47 and 58 are trained on."""
    layout = Layout(tmp_path / "results")
    layout.manifest("tfeid").parent.mkdir(parents=True)
    pd.DataFrame({"subject": [str(number // 10) for number in range(600)]}).to_parquet(
        layout.manifest("tfeid")
    )
    size = find_sizes(settings_of("paper"), layout, ["tfeid"])["tfeid"]
    assert (size.images, size.subjects) == (600, 60)
    assert (size.train, size.validation, size.test) == (495, 47, 58)
    assert "manifest.parquet" in size.origin


def test_a_damaged_manifest_of_a_run_is_named(tmp_path):
    """A run's own manifest, cut short."""
    layout = Layout(tmp_path / "results")
    layout.manifest("tfeid").parent.mkdir(parents=True)
    layout.manifest("tfeid").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(ManifestError, match=r"manifest\.parquet: this file is damaged.*Delete it"):
        find_sizes(settings_of("paper"), layout, ["tfeid"])


def test_the_general_study_needs_no_data_either(tmp_path):
    """Owners' subsets and printed totals where they are known; a subset that is left out is empty."""
    settings = settings_of("paper")
    sizes = find_sizes(settings, Layout(tmp_path), sorted(general_datasets(settings)))
    assert (sizes["celeba"].train, sizes["celeba"].validation, sizes["celeba"].test) == (
        162_770,
        19_867,
        19_962,
    )
    assert (sizes["rafdb"].train + sizes["rafdb"].validation, sizes["rafdb"].test) == (12_271, 3_068)
    assert sizes["utkface_coral"].test == 3_287
    assert (sizes["lfw"].train, sizes["lfw"].validation, sizes["lfw"].test) == (0, 0, 13_233)
    assert sizes["vggface2_test"].test == 0
    unlabelled = sum(sizes[name].images for name in settings.general.unsupervised)
    assert unlabelled == pytest.approx(4_120_000, rel=0.01)
    assert not any("assumed" in size.origin for size in sizes.values())
