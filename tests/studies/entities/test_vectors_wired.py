"""Pretrained word vectors of a configuration reach the network, as an input of the jobs that read them."""

import numpy as np
import pytest

from engram.core.errors import ConfigurationError, TextError
from engram.models.text.files import load_tagger
from engram.models.text.vector_files import read_word_vectors
from engram.studies.entities.jobs.stages import entities_stages
from engram.studies.entities.jobs.vectors import entities_vectors
from engram.studies.entities.vectors_step import prepare_vectors
from tests.studies.entities.text_world import BRIEF, NETWORKS, RECIPES, make_settings, run_stages
from tests.studies.stage_runs import in_folder

STILL = {**BRIEF, "epochs": 1, "patience": 1, "learning_rate": 1e-9}


def with_vectors(path, **network):
    networks = {**NETWORKS, "bilstm": {**NETWORKS["bilstm"], "vectors": str(path), **network}}
    recipes = {name: {**BRIEF, **recipe} for name, recipe in RECIPES.items()}
    return make_settings(networks=networks, recipe=recipes | {"base": STILL, "tune": STILL})


def run_prepare(settings, layout):
    """Prepare the vectors of the network; return their file."""
    spec = entities_vectors(in_folder(settings, layout), layout)
    inputs, outputs, params = spec.fill(network="bilstm")
    prepare_vectors(inputs, outputs, params)
    return outputs.vectors


def test_words_of_the_file_begin_with_its_vectors(world, tmp_path):
    """Later stages' new words too; a word that the file has not is drawn."""
    path = tmp_path / "vectors.txt"
    values = np.linspace(-1, 1, 16, dtype=np.float32).reshape(2, 8)
    rows = zip(["the", "Binds"], values.tolist(), strict=True)
    path.write_text("".join(f"{word} {' '.join(map(repr, row))}\n" for word, row in rows))
    layout = type(world[1])(tmp_path / "results")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "data").symlink_to(world[1].root / "data")
    run_prepare(with_vectors(path), layout)
    path.unlink()  # No training reads it.
    run_stages((with_vectors(path), layout), ["genes.base"])
    network = load_tagger(layout.of_study("entities").model("genes.base", 1))
    table, vocabulary = network.encoder.words.table.weight, network.vocabulary
    for word, row in zip(["the", "binds"], values, strict=True):
        assert table[vocabulary.ids([word])[0]].tolist() == pytest.approx(row.tolist(), abs=1e-4)
    assert abs(table[vocabulary.ids(["and"])[0]].detach().numpy() - values).max(axis=1).min() > 0.01


def test_the_file_is_an_input_of_the_jobs_that_read_it_alone(world, tmp_path):
    layout = world[1]
    settings = in_folder(with_vectors(tmp_path / "v.bin"), layout)
    prepared = layout.root / "entities/vectors/bilstm.safetensors"
    spec = entities_stages(settings, layout)[0]
    for name, files in {
        "genes.base": [prepared],
        "genes.base/diseases.tune": [prepared],
        "general.language": [],
        "general.language/diseases.tune": [],
    }.items():
        inputs, _, params = spec.fill(lineage=name)
        assert inputs.further == files
        assert params.network.vectors == (str(files[0]) if files else None)
    assert not any("further" in spec.inputs for spec in entities_stages(world[0], layout))


def test_vectors_of_another_size_are_one_error(world, tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("the 1 2 3\n")
    layout = type(world[1])(tmp_path / "results")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "data").symlink_to(world[1].root / "data")
    with pytest.raises(TextError, match="size"):
        run_prepare(with_vectors(path), layout)


def test_they_are_those_of_the_words_of_the_networks_texts(world, tmp_path):
    """Of the file's words no other is kept, and a word in capitals serves as one in small letters."""
    path = tmp_path / "vectors.txt"
    rows = {"The": 1, "the": 2, "Binds": 3, "elsewhere": 4, "now": 5}
    path.write_text("".join(f"{word} {' '.join([str(value)] * 8)}\n" for word, value in rows.items()))
    settings, layout = with_vectors(path), type(world[1])(tmp_path / "results")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "data").symlink_to(world[1].root / "data")
    spec = entities_vectors(in_folder(settings, layout), layout)
    inputs, outputs, _ = spec.fill(network="bilstm")
    texts = {file.parent.parent.name for file in inputs.stores}
    assert texts == {"diseases", "genes", "pos"}  # Chemicals are learnt by another network alone.
    assert inputs.vectors == path
    found = read_word_vectors(run_prepare(settings, layout), ["the", "binds", "now", "elsewhere", "other"])
    assert {word: row.tolist() for word, row in found.items()} == {
        "the": [2.0] * 8,
        "binds": [3.0] * 8,
        "now": [5.0] * 8,
    }
    before = outputs.vectors.read_bytes()
    assert run_prepare(settings, layout).read_bytes() == before


def test_a_network_without_words_has_no_vectors():
    with pytest.raises(ConfigurationError, match="'vectors' are for encoders 'bilstm' and 'lstm'"):
        make_settings(networks={**NETWORKS, "bert": {**NETWORKS["bert"], "vectors": "v.bin"}})
