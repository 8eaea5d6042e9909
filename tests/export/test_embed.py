"""`python -m engram.embed`: a user's images become a table, as the study would have embedded them."""

from __future__ import annotations

import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from engram.core.files import PARTIAL
from engram.embed import main
from engram.export import embedding as embedding_module
from engram.export import embedding_table as writing
from engram.models.backbone_files import load_backbone


@pytest.fixture
def run(exported, tmp_path, monkeypatch, capsys):
    """Return a function that runs the command in an empty folder: exit code, table, what it says."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments, output="found.parquet", model=exported):
        options = ["--model", str(model), "--output", output, "--threads", "1"]
        code = main([*options, *map(str, arguments)])
        path = tmp_path / output
        table = None
        if path.is_file():
            table = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
        assert not list(tmp_path.rglob(f"*{PARTIAL}*"))
        return code, table, capsys.readouterr().err

    return call


def values(table):
    """Return the embeddings of a table, (rows, D)."""
    return table.filter(regex=r"^e\d+$").to_numpy(np.float32)


def test_embeddings_are_those_of_the_study(world, run):
    """The same images give the stored faces' boxes, and the student's embeddings at length 1."""
    code, table, _ = run(world.images)
    index = world.store.index
    assert code == 0
    assert table["path"].tolist() == [str(world.images / f"{row:02d}.png") for row in range(len(index))]
    assert table["detected"].tolist() == index["detected"].tolist()
    pd.testing.assert_frame_equal(table[list(writing.BOX)], index[list(writing.BOX)])
    rows = np.flatnonzero(index["detected"])
    backbone = load_backbone(world.student(2))
    with torch.inference_mode():
        wanted = backbone.network.embed(backbone.inputs(world.store.faces[rows])).numpy()
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(values(table)[rows], wanted, atol=1e-6)
    assert len(rows) > 5


def test_broken_images_have_a_row_that_says_so(world, run, tmp_path):
    """Damaged, empty and faceless files stop nothing; each has its row."""
    folder = tmp_path / "mine" / "below"
    folder.mkdir(parents=True)
    whole = (world.images / "00.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.JPEG").write_text("no image")
    (folder / "whole.png").write_bytes(whole)
    (folder / "notes.md").write_text("passed over")
    Image.new("RGB", (80, 80), (90, 120, 150)).save(folder / "wall.png")
    Image.new("L", (1, 1)).save(folder / "dot.png")
    code, table, said = run(tmp_path / "mine", folder / "whole.png")
    table["name"] = table["path"].str.rpartition("/")[2]
    assert code == 0
    assert table["name"].tolist() == [
        "cut.png", "dot.png", "empty.jpg", "text.JPEG", "wall.png", "whole.png", "whole.png"
    ]  # fmt: skip
    errors = table.set_index("name")["error"]
    assert errors[["cut.png", "empty.jpg", "text.JPEG"]].notna().all()
    assert errors[["dot.png", "wall.png", "whole.png"]].isna().all()
    assert "manifest" not in "".join(errors.dropna())
    assert table["detected"].tolist() == [name == "whole.png" for name in table["name"]]
    assert np.isnan(values(table)[~table["detected"]]).all()
    assert np.isfinite(values(table)[table["detected"]]).all()
    assert "7 images: 2 with a face, 2 without, 3 that cannot be read" in said


def test_nothing_that_can_be_read_is_code_2(run, tmp_path):
    """The table is written, and says why."""
    (tmp_path / "a.png").write_text("no image")
    code, table, said = run(tmp_path / "a.png")
    assert code == 2
    assert table["error"].str.contains("cannot be decoded").all()
    assert "1 images: 0 with a face, 0 without, 1 that cannot be read" in said


def test_batches_do_not_show(world, run, monkeypatch):
    """Batches of any size, row groups, several threads and CSV give one and the same table."""
    _, wanted, _ = run(world.images)
    monkeypatch.setattr(writing, "_GROUP", 4)
    _, found, _ = run(world.images, "--batch", "5", output="found.csv")
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, atol=1e-6)
    _, found, _ = run(world.images, "--batch", "5", "--threads", "3", output="threads.csv")
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, atol=1e-6)


def test_memory_holds_one_batch(world, run, monkeypatch):
    """No more than a batch of images is prepared before the first embedding is made."""
    waiting, most = [0], [0]
    prepare, embed = embedding_module._Preparer._prepare, embedding_module._embed

    def counted(self, path):
        waiting[0] += 1
        most[0] = max(most[0], waiting[0])
        return prepare(self, path)

    def emptied(*arguments):
        waiting[0] = 0
        return embed(*arguments)

    monkeypatch.setattr(embedding_module._Preparer, "_prepare", counted)
    monkeypatch.setattr(embedding_module, "_embed", emptied)
    assert run(world.images, "--batch", "5")[0] == 0
    assert most == [5]


def test_faces_that_are_cut_out_are_taken_whole(world, run, tmp_path):
    """With --detector none an image is a face, whatever is on it."""
    Image.new("RGB", (48, 48), (90, 120, 150)).save(tmp_path / "wall.png")
    code, table, _ = run(tmp_path / "wall.png", "--detector", "none")
    assert code == 0
    assert table["detected"].all()
    assert table[list(writing.BOX)].to_numpy().tolist() == [[0, 0, 48, 48]]
    np.testing.assert_allclose(np.linalg.norm(values(table), axis=1), 1, atol=1e-6)


def test_links_are_followed(world, run, tmp_path):
    """A folder of links to images elsewhere is how many people keep a selection."""
    (tmp_path / "chosen").mkdir()
    (tmp_path / "chosen" / "one.png").symlink_to(world.images / "00.png")
    code, table, _ = run(tmp_path / "chosen")
    assert code == 0
    assert table["error"].isna().all()


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (["gone"], {}, "gone: there is no such file or folder"),
        (["."], {}, "there are no images"),
        (["image.png"], {"model": "elsewhere"}, "no exported student is there .*snakemake export"),
        (["image.png"], {"output": "no/folder.parquet"}, "the folder no is not there"),
        (["image.png"], {"output": "found.xlsx"}, r"ends in \.parquet or \.csv"),
        (["image.png", "--detector", "yunet"], {}, "--yunet-model"),
        (["image.png", "--detector", "yunet", "--yunet-model", "x.onnx"], {}, "there is no file x.onnx"),
    ],
)
def test_a_wrong_call_says_what_to_do(run, tmp_path, arguments, options, message):
    """The message names what is wrong, the code is 2, and no table is written."""
    if arguments[0] == "image.png":
        Image.new("RGB", (48, 48)).save(tmp_path / "image.png")
    code, table, said = run(*arguments, **options)
    assert code == 2
    assert table is None
    assert re.search(message, said)


def test_a_student_and_a_foreign_preprocessing_are_refused(exported, run, tmp_path):
    """Files that do not belong together would give embeddings that mean nothing."""
    (tmp_path / "model").mkdir()
    for name in ("student.safetensors", "preprocessing.json"):
        (tmp_path / "model" / name).write_bytes((exported / name).read_bytes())
    path = tmp_path / "model" / "preprocessing.json"
    path.write_text(path.read_text().replace('"colour": "rgb",\n    "mean"', '"colour": "bgr",\n    "mean"'))
    Image.new("RGB", (48, 48)).save(tmp_path / "image.png")
    code, table, said = run(tmp_path / "image.png", model=tmp_path / "model")
    assert (code, table) == (2, None)
    assert "do not belong together" in said
    path.write_text("{}")
    assert "this file is damaged" in run(tmp_path / "image.png", model=tmp_path / "model")[2]


def test_help_needs_no_torch():
    """Help comes at once and names every column of the table."""
    script = (
        "import sys, engram.embed as e\ntry: e.main(['--help'])\nfinally: assert 'torch' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    for word in ("--model", "--output", "box_left", "e0", "exit code", "examples"):
        assert word in done.stdout
