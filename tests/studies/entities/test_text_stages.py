"""Stages on text: every strategy trains, changes what it must, and resumes to the same bytes."""

import multiprocessing
import os
import signal
import time

import pandas as pd
import pytest
import torch

from engram.core.records import read_record
from engram.models.text.files import load_tagger
from engram.studies.entities.jobs.stages import EntitiesStageParams
from engram.studies.lineage.trials import lineages
from tests.studies.entities.text_world import make_settings, run_evaluation, run_stages


def layout_of(world):
    return world[1].of_study("entities")


def train(world, text, seed=1):
    """Train a lineage, its ancestors first where they are not there."""
    layout = layout_of(world)
    stages = text.split("/")
    for end in range(1, len(stages) + 1):
        name = "/".join(stages[:end])
        if not layout.model(name, seed).exists():
            run_stages(world, [name], [seed])
    return load_tagger(layout.model(text, seed)), read_record(layout.model_record(text, seed))


def test_every_lineage_of_the_study_trains(world):
    """Each gives a model with a head for each label set, a record with its curve, and no scratch."""
    settings, layout = world
    for lineage in lineages(settings.entities):
        network, record = train(world, str(lineage))
        recipe = settings.entities.recipe[lineage.stage.recipe]
        assert 1 <= len(record.history) <= recipe.epochs
        seen = {*lineage.stage.datasets, *lineage.earlier_datasets}
        assert set(record.curves[-1]) - {"epoch"} == seen
        covered = {name for names in network.covers.values() for name in names}
        assert covered == {name for name in seen if settings.texts[name].kind != "language"}
        assert record.environment["precision"] == "fp32"
    assert not list((layout.root / "entities" / "scratch").rglob("*.safetensors"))


def test_a_fixed_encoder_stays_as_it_is(world):
    """FC trains a new head and nothing else; RE changes the encoder and keeps the old head as it was."""
    before = train(world, "genes.base")[0].state_dict()
    for text, stays in (("genes.base/diseases.head", True), ("genes.base/diseases.tune", False)):
        network, _ = train(world, text)
        after = network.state_dict()
        encoder = [name for name in before if name.startswith("encoder.") and "table" not in name]
        assert all(torch.equal(before[name], after[name]) for name in encoder) == stays
        old = [name for name in before if name.startswith("heads.genes.")]
        assert all(torch.equal(before[name], after[name]) for name in old)
        assert list(network.heads) == ["genes", "diseases"]


def test_a_joint_stage_keeps_the_epoch_that_is_best_on_its_target(world):
    """As a model of the target alone does: the other text's score is not in the stage's."""
    _, record = train(world, "genes+diseases.longer")
    scores = [epoch["validation_score"] for epoch in record.history]
    assert scores == [epoch["diseases"] for epoch in record.curves[1:]]
    assert scores != [epoch["genes"] for epoch in record.curves[1:]]
    assert record.metrics["best_validation_score"] == max(scores) > 0


def test_targets_choose_alone_where_other_texts_are_learnt_along():
    """A pair of two targets is chosen by both, a level before the target by all of its texts."""
    pairs = {"targets": ["diseases", "chemicals"], "partners": ["genes", "diseases", "chemicals"]}
    settings = make_settings(effects={**pairs, "steps": "pair_steps", "passes": "pair_passes"})
    texts = [
        "genes+diseases.turns",
        "diseases+genes.pair_steps",
        "chemicals+diseases.pair_steps",
        "general.language/genes+chemicals.mixed",
        "diseases.base",
    ]
    params = EntitiesStageParams.from_settings(settings, texts, [1])
    assert params.chosen_by == {
        "diseases+genes.pair_steps": ["diseases"],
        "genes+diseases.turns": ["diseases"],
    }


def test_new_words_get_an_embedding_where_embeddings_learn(world):
    """A later stage's vocabulary begins with that of the parent; FC keeps it."""
    words = train(world, "genes.base")[0].vocabulary.words
    tuned = train(world, "pos.base/diseases.tune")[0].vocabulary.words
    first = train(world, "pos.base")[0].vocabulary.words
    assert tuned[: len(first)] == first
    assert train(world, "genes.base/diseases.head")[0].vocabulary.words == words


def test_unified_and_masked_heads_know_the_types_of_all(world):
    """Their one head covers both texts; own heads are two."""
    for recipe in ("unified", "masked", "turns"):
        network, _ = train(world, f"genes+diseases.{recipe}")
        (task,) = network.heads
        assert task == "diseases+genes"
        assert network.covers[task] == ("diseases", "genes")
        assert network.tasks[task].types == ("disease", "gene")
    network, _ = train(world, "genes+diseases.mixed")
    assert {task: tags.types for task, tags in network.tasks.items()} == {
        "genes": ("gene",),
        "diseases": ("disease",),
    }


def test_replay_adds_its_fraction_of_the_source(world):
    """A fifth of the source's training sentences is trained along."""
    source, target, replay = (
        train(world, text)[1].metrics["training_sentences"]
        for text in ("genes.base", "genes.base/diseases.tune", "genes.base/diseases.replay")
    )
    assert replay - target == max(1, round(0.2 * source))


@pytest.mark.parametrize("recipe", ["lwf", "ewc", "l2sp"])
def test_terms_against_forgetting_change_the_result(world, recipe):
    """With its term a stage does not end where plain training ends."""
    plain = train(world, "genes.base/diseases.tune")[0].state_dict()
    held = train(world, f"genes.base/diseases.{recipe}")[0].state_dict()
    assert not all(torch.equal(plain[name], held[name]) for name in plain)


def test_a_dictionary_is_part_of_the_model(world):
    """Names that one document alone has are left out; those of another text are all taken."""
    network, _ = train(world, "diseases.pdet")
    assert network.encoder.settings["place"] == "beside"
    assert network.lexicon.dictionary.types == ("disease", "gene")
    assert network.encoder.settings["dictionary"] == network.lexicon.size == 8


def test_scores_on_test_subsets_lie_beside_the_model_and_choose_nothing(world):
    """A recipe that keeps them has a row an epoch and text, with epoch 0; another has none."""
    layout = layout_of(world)
    _, record = train(world, "genes+diseases.mixed")
    kept = pd.read_parquet(layout.epochs("genes+diseases.mixed", 1))
    assert kept[["epoch", "dataset"]].to_numpy().tolist() == [
        [epoch, name] for epoch in range(3) for name in ("diseases", "genes")
    ]
    assert kept["score"].between(0, 1).all()
    assert not any("test" in name for entry in record.curves for name in entry)
    train(world, "genes.base")
    assert pd.read_parquet(layout.epochs("genes.base", 1)).empty


def test_predictions_have_the_counts_of_their_spans(world):
    """Right, truth and answered are those of the packed spans, which are of the text's types alone."""
    names = ["genes+diseases.unified", "genes.base"]
    for name in names:
        train(world, name)
    run_evaluation(world, "genes", names)
    found = pd.read_parquet(layout_of(world).predictions("genes"))
    assert set(found["lineage"]) == set(names)
    assert set(found["measure"]) == {"f1"}
    for row in found.itertuples():
        gold, answered = set(row.gold.split()), set(row.found.split())
        assert (row.right, row.truth, row.answered) == (len(gold & answered), len(gold), len(answered))
        assert all(span.endswith(":gene") for span in gold | answered)
    assert found["truth"].sum() > 0


def test_language_and_tokens_are_measured_in_counts(world):
    """Words and pairs of a level of language, words of parts of speech; all models are asked the same."""
    names = ["general.language", "general.words", "general.language/diseases.tune"]
    for name in (*names, "pos.base"):
        train(world, name)
    run_evaluation(world, "general", names)
    found = pd.read_parquet(layout_of(world).predictions("general"))
    counts = found.groupby(["lineage", "measure"])[["truth", "answered"]].sum()
    assert (counts["truth"] == counts["answered"]).all()
    assert ("general.words", "sentences") not in counts.index
    for _, same in counts.reset_index().groupby("measure"):
        assert same["truth"].nunique() == 1
    assert found["gold"].isna().all()
    run_evaluation(world, "pos", ["pos.base"])
    tokens = pd.read_parquet(layout_of(world).predictions("pos"))
    assert set(tokens["measure"]) == {"accuracy"}
    assert (tokens["truth"] == tokens["answered"]).all()


def test_the_same_seed_gives_the_same_bytes(world):
    """Trained twice, a model is the same file; another seed gives another."""
    layout = layout_of(world)
    train(world, "genes+diseases.mixed")
    first = layout.model("genes+diseases.mixed", 1).read_bytes()
    run_stages(world, ["genes+diseases.mixed"])
    assert layout.model("genes+diseases.mixed", 1).read_bytes() == first
    train(world, "genes+diseases.mixed", seed=2)
    assert layout.model("genes+diseases.mixed", 2).read_bytes() != first


EPOCHS = 25


def _train_slowly(layout):
    torch.set_num_threads(1)
    settings = make_settings()
    recipe = settings.entities.recipe["mixed"].model_copy(update={"epochs": EPOCHS, "patience": EPOCHS})
    recipes = {**settings.entities.recipe, "mixed": recipe}
    entities = settings.entities.model_copy(update={"recipe": recipes})
    run_stages((settings.model_copy(update={"entities": entities}), layout), ["chemicals+pos.mixed"])


def test_a_killed_job_resumes_to_the_same_bytes(world):
    """SIGKILL in the middle of training; the next run goes on and ends with the whole run's bytes."""
    layout, name = layout_of(world), "chemicals+pos.mixed"
    _train_slowly(world[1])
    expected = layout.model(name, 1).read_bytes(), layout.epochs(name, 1).read_bytes()
    history = read_record(layout.model_record(name, 1)).history
    layout.model(name, 1).unlink()
    process = multiprocessing.get_context("spawn").Process(target=_train_slowly, args=(world[1],))
    process.start()
    checkpoint = layout.scratch(name, 1) / "checkpoint.safetensors"
    deadline = time.monotonic() + 300
    while not checkpoint.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert checkpoint.exists()
    assert not layout.model(name, 1).exists()
    _train_slowly(world[1])
    assert (layout.model(name, 1).read_bytes(), layout.epochs(name, 1).read_bytes()) == expected
    assert read_record(layout.model_record(name, 1)).history == history
