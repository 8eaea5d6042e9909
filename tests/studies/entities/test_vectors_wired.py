"""Pretrained word vectors of a configuration reach the network, as an input of the jobs that read them."""

import numpy as np
import pytest

from engram.core.errors import ConfigurationError, TextError
from engram.models.text.files import load_tagger
from engram.studies.entities.jobs.stages import entities_stages
from tests.studies.entities.text_world import BRIEF, NETWORKS, RECIPES, make_settings, run_stages

STILL = {**BRIEF, "epochs": 1, "patience": 1, "learning_rate": 1e-9}


def with_vectors(path, **network):
    networks = {**NETWORKS, "bilstm": {**NETWORKS["bilstm"], "vectors": str(path), **network}}
    recipes = {name: {**BRIEF, **recipe} for name, recipe in RECIPES.items()}
    return make_settings(networks=networks, recipe=recipes | {"base": STILL, "tune": STILL})


def test_words_of_the_file_begin_with_its_vectors(world, tmp_path):
    """Later stages' new words too; a word that the file has not is drawn."""
    path = tmp_path / "vectors.txt"
    values = np.linspace(-1, 1, 16, dtype=np.float32).reshape(2, 8)
    rows = zip(["the", "Binds"], values.tolist(), strict=True)
    path.write_text("".join(f"{word} {' '.join(map(repr, row))}\n" for word, row in rows))
    layout = type(world[1])(tmp_path / "results")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "data").symlink_to(world[1].root / "data")
    run_stages((with_vectors(path), layout), ["genes.base"])
    network = load_tagger(layout.of_study("entities").model("genes.base", 1))
    table, vocabulary = network.encoder.words.table.weight, network.vocabulary
    for word, row in zip(["the", "binds"], values, strict=True):
        assert table[vocabulary.ids([word])[0]].tolist() == pytest.approx(row.tolist(), abs=1e-4)
    assert abs(table[vocabulary.ids(["and"])[0]].detach().numpy() - values).max(axis=1).min() > 0.01


def test_the_file_is_an_input_of_the_jobs_that_read_it_alone(world, tmp_path):
    settings, layout = with_vectors(tmp_path / "v.bin"), world[1]
    spec = entities_stages(settings, layout)[0]
    for name, files in {
        "genes.base": [tmp_path / "v.bin"],
        "genes.base/diseases.tune": [tmp_path / "v.bin"],
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
        run_stages((with_vectors(path), layout), ["genes.base"])


def test_a_network_without_words_has_no_vectors():
    with pytest.raises(ConfigurationError, match="'vectors' are for encoders 'bilstm' and 'lstm'"):
        make_settings(networks={**NETWORKS, "bert": {**NETWORKS["bert"], "vectors": "v.bin"}})
