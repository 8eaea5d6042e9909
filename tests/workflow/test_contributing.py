"""The list of CONTRIBUTING.md, followed in a copy of the checkout: what is added as it says, runs."""

import json
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from engram.data.synthetic.faces import DrawnSpec, draw_dataset
from engram.reporting.tables import TABLE_FORMS
from tests.conftest import ROOT, read_config
from tests.workflow.conftest import command, copy_checkout, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

#: Name of everything that the test adds.
ADDED = "added"
_RESULTS = "results/added"
#: What it adds to the tables and figures of the memory study.
_NEW = (f"{_RESULTS}/tables/added.csv", f"{_RESULTS}/figures/added.svg")
#: The new strategy's models, each in its parent's folder.
_LINEAGE = "portraits.base/wild.base/added.head/added.gentle"
_TRAINING = {"epochs": 1}
#: Of the data set that it draws.
_IMAGES = 64
#: Name of the text that it adds: no data set of faces may have it.
_TEXT = "added_text"
#: A text in columns.
_NOTES = "The\tO\nBRK-7\tB-gene\n\nNo\tO\n"


def listed():
    """Return what CONTRIBUTING.md lists: what to add -> the code in its columns "where" and "copy"."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = page.partition("## Where to add what")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return {thing: (_code(where), _code(copied)) for thing, where, copied in rows[1:]}


def _code(text):
    return re.findall("`([^`]+)`", text)


def example(thing):
    """Return the configuration that the list names as the one to copy."""
    (file,) = listed()[thing][1]
    return yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))


def add_file(folder, thing, name=ADDED):
    """Copy the listed file beside itself under a new name; what has the old name gets the new one."""
    (where, *_), (file,) = listed()[thing]
    source = folder / file
    assert f"{source.parent}/".endswith(f"/{where}")
    text = source.read_text(encoding="utf-8")
    source.with_name(f"{name}.py").write_text(re.sub(rf"\b{source.stem}\b", name, text), encoding="utf-8")


def add_entry(folder, thing, **changes):
    """Copy the listed line of the listed file under a new name; ``changes`` are further words to replace."""
    (registry, file, *_), (start,) = listed()[thing]
    text = (folder / file).read_text(encoding="utf-8")
    assert f"{registry} = {{" in text
    (line,) = re.findall(rf"^ *{re.escape(start)}.*\n", text, re.MULTILINE)
    name = start.partition('"')[2].strip('"')
    new = line.replace(f'"{name}"', f'"{ADDED}"')
    for word, other in changes.items():
        new = new.replace(f'"{word}"', f'"{other}"')
    (folder / file).write_text(text.replace(line, line + new), encoding="utf-8")


def configuration(data):
    """Return a configuration of the smallest run with an entry of each kind."""
    strategy = example("strategy")["memory"]
    encoder, target = example("encoder")["general"]["encoders"], example("target")["general"]["targets"]
    ours = example("data set")["datasets"]["ours"]
    drawn = {"drawn": {"subjects": 24, "images": 96}}
    recipes = {name: {"epochs": 1} for name in ("base", "head")}
    return {
        "results": _RESULTS,
        "data_root": str(data),
        "seeds": [1],
        "datasets": {
            **dict.fromkeys(("wild", "portraits", "crowd"), drawn),
            ADDED: ours | {"root": "ours"},
            "read": ours | {"root": "read", "reader": ADDED},
        },
        "memory": {
            "seeds": None,
            "network": {"width": 0.03125},
            "transfers": [{"source": "wild", "targets": [ADDED]}],
            "fractions": [100],
            "strategies": ["BL", ADDED.title()],
            "strategy": {ADDED.title(): strategy["strategy"]["Gradual"]},
            "recipe": {"gentle": strategy["recipe"]["gentle"] | _TRAINING, **recipes},
            "levels": None,
        },
        "texts": {
            _TEXT: example("text")["texts"]["ours"] | {"root": "notes"},
            "drawn_notes": {"title": "Drawn", "reader": "drawn", "drawn": {"look": ADDED, "documents": 8}},
            "read_notes": {"title": "Notes", "reader": ADDED, "root": "marked"},
        },
        "entities": {
            "networks": {"bilstm": {"encoder": ADDED}},
            "transfers": [{"source": "genes", "targets": [_TEXT]}],
            "fractions": [100],
            "strategies": ["BL", ADDED.title()],
            "strategy": {ADDED.title(): example("text strategy")["entities"]["strategy"]["Rehearsed"]},
            "recipe": {"rehearse": example("text strategy")["entities"]["recipe"]["rehearse"]},
            "effects": None,
            "levels": None,
        },
        "general": {
            "encoders": {
                **dict.fromkeys(("identity", "gender", "age", "attributes", "object")),
                "expression": {"architecture": ADDED, "width": 4, "training": _TRAINING},
                ADDED: encoder["edges"],
            },
            "targets": {
                **dict.fromkeys(read_config("default")["general"]["targets"]),
                ADDED: target["glasses"] | {"dataset": "read"},
            },
            "students": ["unique", ADDED],
        },
    }


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """Return a checkout to which one of each was added, after the new readers have read."""
    data = tmp_path_factory.mktemp("data")
    draw_dataset(DrawnSpec("lab", 8, _IMAGES, 64, seed=9), data / "ours")
    shutil.copytree(data / "ours", data / "read")
    (data / "read/manifest.csv").rename(data / f"read/{ADDED}.csv")
    (data / "notes").mkdir()
    (data / "notes/notes.tsv").write_text(_NOTES, encoding="utf-8")
    (data / "marked").mkdir()
    (data / "marked/a.txt").write_text("The BRK. No.", encoding="utf-8")
    (data / "marked/a.ann").write_text("T1\tgene 4 7\tBRK\n", encoding="utf-8")

    folder = copy_checkout(tmp_path_factory.mktemp("walk") / "engram")
    shutil.copytree(ROOT / "docs/examples", folder / "docs/examples")
    add_file(folder, "reader")
    add_file(folder, "architecture")
    add_file(folder, "text reader")
    add_file(folder, "text look")
    add_file(folder, "text encoder")
    add_file(folder, "loss")
    add_file(folder, "table")
    add_file(folder, "text table", _TEXT)
    add_file(folder, "figure")
    add_entry(folder, "student", cosine=ADDED)
    add_entry(folder, "method")
    add_entry(folder, "operator")
    (folder / "added.yaml").write_text(yaml.safe_dump(configuration(data)), encoding="utf-8")

    files = [
        f"{_RESULTS}/data/{name}/manifest.parquet" for name in ("read", "read_notes", "drawn_notes", _TEXT)
    ]
    snakemake(folder, *files, "--quiet", "rules", "--configfile", "added.yaml")
    return folder


@pytest.fixture(scope="module")
def ran(walk, planned):
    """Return the checkout after a run of the memory study's new parts, which were planned before."""
    snakemake(walk, *_NEW, "--quiet", "rules", "--configfile", "added.yaml")
    return walk


@pytest.fixture(scope="module")
def planned(walk):
    """Return what `snakemake -n` says there of the general study and the memory study's new parts."""
    # Without the profile, which leaves out each job's files.
    arguments = ("-n", "--workflow-profile", "none", "--cores", "2", "--configfile", "added.yaml")
    return snakemake(walk, "general", *_NEW, *arguments).stdout


def test_every_file_and_folder_of_the_list_exists():
    """No row of the list, the selector's included, names a place that went."""
    rows = listed()
    assert len(rows) == 19
    named = [word for words in rows.values() for word in (*words[0], *words[1]) if "/" in word]
    for path in named:
        assert (ROOT / path).exists() or list((ROOT / "workflow/engram/studies").glob(f"*/{path}")), path


def test_a_new_reader_reads_a_data_set(walk):
    """The copy finds the listing under its own name and writes the manifest of all images."""
    assert len(pd.read_parquet(walk / _RESULTS / "data/read/manifest.parquet")) == _IMAGES


def test_a_new_text_is_read_by_a_known_and_by_a_new_reader(walk):
    """Both give the sentences with their tags."""
    tags = [["O", "B-gene"], ["O"]], [["O", "B-gene", "O"], ["O", "O"]]
    for name, wanted in zip((_TEXT, "read_notes"), tags, strict=True):
        manifest = pd.read_parquet(walk / _RESULTS / f"data/{name}/manifest.parquet")
        assert [list(found) for found in manifest["tags"]] == wanted


def test_a_new_look_draws_a_text(walk):
    """Documents of the copy's name, with the entities that its original annotates."""
    manifest = pd.read_parquet(walk / _RESULTS / "data/drawn_notes/manifest.parquet")
    assert manifest["subject"].str.startswith("added-").all()
    assert {tag for tags in manifest["tags"] for tag in tags} > {"O", "B-Disease"}


@pytest.mark.long
def test_a_new_table_has_the_new_data_set(ran):
    """The table is written under the file's name in each form, with a row of the data set's images."""
    table = pd.read_csv(ran / _RESULTS / "tables/added.csv").set_index("dataset")
    assert table.loc[ADDED, "images"] == _IMAGES
    assert all((ran / _RESULTS / f"tables/added.{form}").stat().st_size for form in TABLE_FORMS)


@pytest.mark.long
def test_a_new_figure_shows_the_new_strategy(ran):
    """The figure is drawn under the file's name, and its axis names the strategy."""
    assert "Added" in (ran / _RESULTS / "figures/added.svg").read_text(encoding="utf-8")


@pytest.mark.long
def test_a_new_strategy_trains_its_models(ran):
    """Its stages ran one after the other, each in its parent's folder, and its accuracy is in the table."""
    assert (ran / _RESULTS / f"models/seed1/{_LINEAGE}/model.safetensors").stat().st_size
    assert "Added" in set(pd.read_csv(ran / _RESULTS / "tables/memory_integrity.csv")["strategy"])


@pytest.mark.parametrize(
    ("thing", "place"),
    [
        ("architecture", "encoders/expression"),
        ("encoder", "embeddings/crowd/added"),
        ("target", "selection/added"),
        ("method", "transfer/added/added"),
        ("operator", "fusion/added/seed1"),
        ("student", "students/added/seed1"),
    ],
)
def test_the_general_study_plans_what_is_new(planned, thing, place):
    """A job makes files of the new name, wherever the study has one of that kind."""
    assert thing in listed()
    assert f"{_RESULTS}/general/{place}/" in planned


def test_the_memory_study_plans_what_is_new(planned):
    """A table and a figure under their files' names, and the strategy's stages one after the other."""
    made = "\n".join(re.findall("output: .*", planned))
    models = f"{_RESULTS}/models/seed1/{_LINEAGE}/model.safetensors"
    assert all(file in made for file in (*_NEW, models))


def test_a_new_text_strategy_and_a_new_table_of_it_are_planned(walk):
    """Its stages begin with the source, and its model lies in its parent's folder."""
    arguments = ("-n", "--workflow-profile", "none", "--cores", "2", "--configfile", "added.yaml")
    said = snakemake(walk, "entities", *arguments).stdout
    assert f"{_RESULTS}/tables/{_TEXT}.csv" in said
    assert f"{_RESULTS}/entities/models/seed1/genes.base/{_TEXT}.rehearse/model.safetensors" in said


@pytest.fixture(scope="module")
def built(walk):
    """Return what the checkout's own package says of the new architecture and the new loss."""
    how = command(walk) | {"args": [sys.executable, "-c", _BUILD]}
    done = subprocess.run(**how, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


_BUILD = """
import json, torch
from engram.models.architectures import build_backbone
from engram.models.text.batch import sentences_of
from engram.models.text.tagger import new_tagger
from engram.models.text.vocabulary import Vocabulary
from engram.studies.general.methods import STUDENTS
from engram.training.losses import LOSSES

network = build_backbone("added", embedding=5, width=4, channels=1)
tagger = new_tagger({"encoder": "added", "units": 4}, Vocabulary(("the",)))
loss = LOSSES[STUDENTS["added"].loss].load("build")([2])
print(json.dumps({
    "embeddings": network(torch.zeros(3, 1, 48, 48)).shape,
    "words": tagger.encode(sentences_of([["The", "gene"]], tagger.vocabulary)).shape,
    "text encoder from": type(tagger.encoder).__module__,
    "loss from": loss.__module__,
    "losses": loss(torch.eye(2), torch.tensor([[3.0, 0.0], [0.0, -1.0]])).tolist(),
}))
"""


def test_a_new_architecture_embeds_faces(built):
    """The package finds the file by its name and builds its network."""
    assert built["embeddings"] == [3, 5]


def test_a_new_text_encoder_encodes_words(built):
    """The package finds the file by its name and builds its network: a vector a word."""
    assert built["words"] == [1, 2, 8]
    assert built["text encoder from"] == "engram.models.text.encoders.added"


def test_a_new_loss_compares_a_student_with_its_target(built):
    """The student's entry names the file, which gives the copied loss: 0 for equals, 2 for opposites."""
    assert built["loss from"] == "engram.training.losses.added"
    assert built["losses"] == [0.0, 2.0]
