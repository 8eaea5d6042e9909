"""How many faces each data set is taken to have, and how that is known."""

from engram.ground.layout import Layout
from engram.ground.settings import load_settings
from engram.planning.sizes import find_sizes
from tests.conftest import read_config
from tests.planning.conftest import settings_of

PAPER = ["fer2013", "jaffe", "tfeid", "mug"]


def test_published_sizes_need_no_data(tmp_path):
    """The paper's data sets have the printed numbers on a machine that has none of them."""
    sizes = find_sizes(settings_of("paper"), Layout(tmp_path), PAPER)
    fer = sizes["fer2013"]
    assert (fer.train, fer.validation, fer.test, fer.side) == (28709, 3589, 3589, 48)
    assert (sizes["jaffe"].train, sizes["jaffe"].validation, sizes["jaffe"].test) == (131, 15, 67)
    assert all("printed" in size.origin for size in sizes.values())


def test_sizes_say_how_they_are_known(tmp_path):
    """Said, drawn, counted in a folder, published by the owners, or assumed: in this order."""
    folder = tmp_path / "ours"
    folder.mkdir()
    rows = [f"{number}.png,person{number // 4},fear" for number in range(40)]
    (folder / "manifest.csv").write_text("\n".join(["image,subject,expression", *rows]) + "\n")
    config = read_config("default")
    here = {"title": "Ours", "reader": "manifest", "root": "ours"}
    datasets = {
        "ours": here,
        "away": {**here, "root": "away"},
        "said": {**here, "root": "away"},
        "cmu": {"title": "CMU", "reader": "cmu", "root": "cmu"},
    }
    settings = load_settings(
        {
            **config,
            "data_root": str(tmp_path),
            "datasets": {**config["datasets"], **datasets},
            "plan": {"images": {"said": 777}, "subjects": {"said": 7}},
        }
    )
    sizes = find_sizes(settings, Layout(tmp_path / "results"), ["wild", *datasets])
    assert (sizes["wild"].images, sizes["wild"].subjects) == (2000, 400)
    assert (sizes["ours"].images, sizes["ours"].subjects) == (40, 10)
    assert "manifest.csv" in sizes["ours"].origin
    assert (sizes["said"].images, sizes["said"].subjects) == (777, 7)
    assert "assumed" in sizes["away"].origin
    assert "owners" in sizes["cmu"].origin
    assert all(size.train + size.validation + size.test == size.images for size in sizes.values())
