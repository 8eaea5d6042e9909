"""Taggers as the pilot builds them, and what the study of named entities counts."""

import pytest
import torch

from engram.config import TextNetworkSettings, TextRecipe
from engram.core.paths import Layout
from engram.estimate.networks import build
from engram.estimate.products import product_works
from engram.studies.entities.workload import tagger
from engram.training.workload import Workload
from tests.estimate.conftest import settings_of, sizes_of

BILSTM = {"words": 8, "characters": 4, "filters": 8, "units": 8}
LSTM = {"words": 8, "characters": 4, "character_units": 8, "units": 8}
BERT = {"size": 8, "hidden": 8, "layers": 1, "characters": 4, "filters": 8}


@pytest.mark.parametrize("learns", [True, False])
@pytest.mark.parametrize(
    ("encoder", "values", "recipe"),
    [
        ("bilstm", BILSTM, {}),
        ("bilstm", BILSTM, {"layers": "head"}),
        ("lstm", LSTM, {"language_model": 1.0}),
        ("bert", BERT, {"objective": "words+sentences"}),
    ],
)
def test_the_pilot_builds_every_kind_of_stage(encoder, values, recipe, learns):
    """A step has a finite loss whose gradient reaches what the recipe trains, and nothing else."""
    network = tagger(TextNetworkSettings(encoder=encoder, **values), TextRecipe(**recipe), 50)
    built = build(Workload(network=network, batch=4, steps=1, learns=learns), lambda module: module)
    loss = built.call(built.samples()).float().square().mean()
    assert torch.isfinite(loss)
    if learns:
        loss.backward()
        learning = [parameter for parameter in built.parameters if parameter.requires_grad]
        assert any(parameter.grad is not None and parameter.grad.any() for parameter in learning)
        assert (len(learning) < len(built.parameters)) == (recipe.get("layers") == "head")


def test_an_imported_bert_counts_as_bert_base():
    """Its own sizes are known only when its folder has been read; a word has two pieces."""
    pytest.importorskip(
        "transformers", reason="the extra 'transformers' is not installed: pip install -e '.[transformers]'"
    )
    chosen = TextNetworkSettings(encoder="imported", folder="bert", sha256="0" * 64, frozen=True, pooled=8)
    workload = Workload(network=tagger(chosen, TextRecipe(), 50), batch=2, steps=1)
    built = build(workload, lambda module: module)
    count = sum(parameter.numel() for parameter in built.parameters)
    assert 108_000_000 < count < 110_000_000
    built.call(built.samples()).backward()
    learning = [parameter.numel() for parameter in built.parameters if parameter.grad is not None]
    assert 0 < sum(learning) < 100_000


def test_a_stage_takes_the_steps_that_its_recipe_and_texts_give():
    """One text in turn is half of two texts mixed; equal steps are equal."""
    settings = settings_of("default")
    layout, sizes = Layout(), sizes_of(settings)
    work_of = product_works(settings, layout, sizes)
    mine = layout.of_study("entities")

    def steps(lineage):
        return work_of([str(mine.model(lineage, 1))]).workloads[0].steps

    mixed, turns = (settings.entities.recipe[name] for name in ("mixed", "turns"))
    expected = sum(-(-sizes[name].train // mixed.batch_size) for name in ("genes", "diseases"))
    assert steps("genes+diseases.mixed") == mixed.epochs * expected
    assert steps("genes+diseases.turns") == round(turns.epochs * expected / 2)
    assert steps("diseases.pair_steps") == steps("diseases+genes.pair_steps") == 120


def test_the_published_scale_is_counted_without_its_texts():
    """Sizes are said by the configuration; no text is assumed."""
    sizes = sizes_of(settings_of("paper_entities"))
    assert sizes["bc5cdr"].images == 13938
    assert not [name for name, size in sizes.items() if "assumed" in size.origin and size.side == 0]
