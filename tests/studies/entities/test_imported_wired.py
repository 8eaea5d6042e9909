"""An imported BERT of a configuration: its settings, its files as inputs, what is refused, its training."""

import hashlib
import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from engram.config import load_settings
from engram.core.errors import ConfigurationError
from engram.models.text.files import load_tagger
from engram.studies.entities.jobs import networks
from engram.studies.entities.jobs.networks import missing_files
from engram.studies.entities.jobs.stages import entities_stages, entities_workplace
from engram.studies.lineage.jobs import stage_specs
from tests.studies.entities.text_world import (
    BRIEF,
    NETWORKS,
    RECIPES,
    make_config,
    run_evaluation,
    run_stages,
)

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "and", "binds", "ab", "cor", "mel", "tu", "now", "."]
PIECES += ["##ase", "##idol", "##itis"]
SIZES = {
    **{"model_type": "bert", "vocab_size": len(PIECES), "hidden_size": 8, "num_hidden_layers": 1},
    **{"num_attention_heads": 2, "intermediate_size": 12, "max_position_embeddings": 32},
}
UNUSED = "0" * 64


@pytest.fixture
def folder(tmp_path):
    """A folder named like a published BERT's, its weights no network's."""
    place = tmp_path / "raw" / "bert"
    place.mkdir(parents=True)
    (place / "config.json").write_text(json.dumps(SIZES), encoding="utf-8")
    (place / "vocab.txt").write_text("\n".join(PIECES), encoding="utf-8")
    (place / "model.safetensors").write_bytes(b"no weights")
    return place


def sha256(folder):
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def settings_of(tmp_path, **imported):
    """Return the world's settings, in which recipe ``base`` begins with an imported BERT."""
    network = {"encoder": "imported", "folder": "bert", "sha256": UNUSED, **imported}
    recipes = {name: {**BRIEF, **recipe} for name, recipe in RECIPES.items()}
    recipes["base"] = {**recipes["base"], "network": "theirs"}
    config = make_config(networks={**NETWORKS, "theirs": network}, recipe=recipes)
    return load_settings({**config, "data_root": str(tmp_path / "raw")})


def problem(settings, names=("theirs",)):
    return "\n".join(missing_files(settings, settings.entities, names))


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ({"encoder": "imported", "sha256": UNUSED}, "encoder 'imported' needs 'folder'"),
        ({"encoder": "imported", "folder": "bert"}, "encoder 'imported' needs 'sha256'"),
        ({"encoder": "imported", "folder": "bert", "sha256": "ab"}, r"networks\.bilstm\.sha256"),
        ({"encoder": "imported", "folder": "bert", "sha256": UNUSED, "units": 4}, "it has frozen, pooled"),
        ({"encoder": "imported", "folder": "bert", "sha256": UNUSED, "vectors": "v"}, "'vectors' are for"),
        ({"encoder": "bilstm", "folder": "bert"}, "'folder' is for encoder 'imported', not 'bilstm'"),
        ({"encoder": "bilstm", "frozen": True}, "encoder 'bilstm' has no 'frozen'"),
        ({"encoder": "lstm", "widths": [3]}, "encoder 'lstm' has no 'widths'"),
        ({"encoder": "bilstm", "filters": 2, "widths": [2, 3, 4]}, "each width needs a filter"),
        ({"encoder": "bilstm", "widths": [0]}, r"networks\.bilstm\.widths"),
        ({"encoder": "bilstm", "widths": []}, r"networks\.bilstm\.widths"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(network, said):
    with pytest.raises(ConfigurationError, match=said):
        load_settings(make_config(networks={**NETWORKS, "bilstm": network}))


def test_the_first_stage_alone_reads_its_files(world, folder, tmp_path, monkeypatch):
    """A later stage has all of it in its parent's model; another network's jobs read none of it."""
    monkeypatch.setenv("ENGRAM_TEST_BERT", "bert")
    settings, noted = settings_of(tmp_path, folder="$ENGRAM_TEST_BERT"), set()
    files = sorted(folder.iterdir())
    assert len(files) == 3
    spec = entities_stages(settings, world[1], noted)[0]
    assert spec.fill(lineage="general.language")[0].further == []
    assert spec.fill(lineage="genes.base/diseases.tune")[0].further == []
    assert noted == {"bert"}
    inputs, _, params = spec.fill(lineage="genes.base")
    assert inputs.further == files
    assert params.network.folder == str(folder)
    assert noted == {"bert", "theirs"}
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    assert folder / "tokenizer_config.json" in spec.fill(lineage="genes.base")[0].further


def test_a_job_of_a_family_notes_its_network_when_it_is_planned(world, folder, tmp_path):
    """Not when the rules are read: a target that needs no BERT is made without it."""
    settings, noted = settings_of(tmp_path), set()
    place = entities_workplace(settings, world[1], noted)
    specs = stage_specs(replace(place, job="family"), lambda names, seeds: None)
    assert noted == set()
    model = world[1].of_study("entities").model("genes.base", 1)
    (spec,) = [spec for spec in specs if model in spec.outputs["models"]]
    assert spec.inputs["further"](None) == sorted(folder.iterdir())
    assert noted == {"theirs"}


def test_what_cannot_be_imported_is_one_clear_error_each(folder, tmp_path, monkeypatch):
    """Nothing is imported to find it out; a network that is not asked for is not looked at."""
    monkeypatch.setattr(networks, "find_spec", lambda name: name)
    said = problem(settings_of(tmp_path, folder="elsewhere"))
    assert said.startswith(f"entities.networks.theirs.folder: the folder {tmp_path}/raw/elsewhere does not")
    assert problem(settings_of(tmp_path, folder="elsewhere"), ["bilstm"]) == ""
    assert f"SHA-256 of {folder}/model.safetensors is {sha256(folder)}" in problem(settings_of(tmp_path))
    right = settings_of(tmp_path, sha256=sha256(folder))
    assert problem(right) == ""
    (folder / "vocab.txt").unlink()
    assert problem(right) == (
        f"entities.networks.theirs.folder: {folder}/vocab.txt is missing. Put the model's own file there."
    )


def test_without_the_package_the_error_says_how_to_install_it(folder, tmp_path, monkeypatch):
    """Before any job, as the files are looked at."""
    settings = settings_of(tmp_path, sha256=sha256(folder))
    monkeypatch.setattr(networks, "find_spec", lambda name: None)
    assert problem(settings).endswith("Install it with: pip install -e '.[transformers]'")
    assert problem(settings, ["bilstm"]) == ""


@pytest.mark.parametrize("frozen", [True, False])
def test_stages_train_from_the_imported_weights(world, folder, tmp_path, frozen):
    """Fixed ones stay as they are through both stages, those to be tuned change; the test is scored."""
    transformers = pytest.importorskip(
        "transformers", reason="the extra 'transformers' is not installed: pip install -e '.[transformers]'"
    )
    torch.manual_seed(0)
    theirs = transformers.BertModel(transformers.BertConfig(**SIZES), add_pooling_layer=False).state_dict()
    save_file({f"bert.{name}": value.clone() for name, value in theirs.items()}, folder / "model.safetensors")
    settings = settings_of(tmp_path, sha256=sha256(folder), frozen=frozen, pooled=4, head_dropout=0.25)
    layout = type(world[1])(tmp_path / "results")
    layout.root.mkdir()
    (layout.root / "data").symlink_to(world[1].root / "data")
    lineages = ["genes.base", "genes.base/diseases.tune"]
    for name in lineages:
        run_stages((settings, layout), [name])
        network = load_tagger(layout.of_study("entities").model(name, 1))
        found = network.encoder.bert.state_dict()
        assert all(found[key].equal(value) for key, value in theirs.items()) == frozen
    assert network.encoder.gru.size == 8
    assert network.settings["head_dropout"] == 0.25
    assert set(network.heads) == {"genes", "diseases"}
    run_evaluation((settings, layout), "diseases", lineages[1:])
    assert layout.of_study("entities").predictions("diseases").exists()
