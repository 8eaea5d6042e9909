"""How many steps of which networks the jobs of the study of named entities take; torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engram.config import Settings, TextNetworkSettings, TextRecipe
from engram.core.lineage import Lineage
from engram.studies.entities.jobs.stages import EntitiesEvaluationParams, EntitiesStageParams, study_of
from engram.training.workload import DataSize, Network, Work, Workload, batch_slices

__all__ = ["WORDS_A_SENTENCE", "tagger", "text_evaluation_work", "text_stage_work"]

#: Words of a sentence and distinct words of a text's training sentences, as they are assumed: both are known
#: only when a text has been read.
WORDS_A_SENTENCE, _DISTINCT = 25, 3
#: Sentences of a pass where nothing is learnt, and bytes of a sentence's prediction.
_PLAIN, _PREDICTION = 128, 200


def text_stage_work(params: EntitiesStageParams, sizes: Mapping[str, DataSize]) -> Work:
    """Return the stages of a job."""
    work = Work()
    for lineage in map(Lineage.parse, params.lineages):
        for _ in params.seeds:
            candidates = params.recipes[lineage.stage.recipe].candidates()
            for number, recipe in enumerate(candidates):
                work += _candidate(lineage, recipe, params, sizes, first=number == 0)
    return work.shared(params.compute.processes)


def _candidate(
    lineage: Lineage,
    recipe: TextRecipe,
    params: EntitiesStageParams,
    sizes: Mapping[str, DataSize],
    *,
    first: bool,
) -> Work:
    """Return a stage by a recipe of single values; only of the ``first`` a model is written."""
    sentences = [max(1, round(sizes[p.dataset].train * p.percent / 100)) for p in lineage.stage.data]
    own, earlier = lineage.stage.datasets, [*lineage.earlier_datasets]
    earlier = [name for name in earlier if name not in own]
    if recipe.replay:
        sentences += [max(1, round(sizes[name].train * float(recipe.replay))) for name in earlier]  # type: ignore[arg-type]
    network = tagger(params.network, recipe, _vocabulary(lineage, sizes))
    training = Workload(
        network=network,
        batch=min(recipe.batch_size, max(sentences)),
        steps=_steps(recipe, sentences),
        models=int(first),
    )
    validation = sum(sizes[name].validation for name in own)
    seen = sum(sizes[name].validation for name in earlier)
    passes = [(validation, recipe.epochs), (seen, recipe.epochs + 1)]
    if recipe.keep_test_curve:
        passes.append((sum(sizes[name].test for name in own), recipe.epochs + 1))
    workloads = [_forward(network, count, times) for count, times in passes if count]
    if recipe.layers == "head":
        whole = tagger(
            params.network, recipe.model_copy(update={"layers": "all"}), _vocabulary(lineage, sizes)
        )
        cached = sum(sentences) + validation + seen
        workloads.append(_forward(whole, cached, 1))
        training = training.model_copy(update={"cached": cached * WORDS_A_SENTENCE})
    if recipe.distillation:
        workloads.append(training.model_copy(update={"learns": False, "models": 0, "cached": 0}))
    if recipe.elastic and first:
        workloads.append(Workload(network=network, batch=1, steps=recipe.fisher_samples))
    return Work(workloads=[training, *workloads])


def _steps(recipe: TextRecipe, sentences: Sequence[int]) -> int:
    if recipe.steps is not None:
        return recipe.steps
    batches = [len(batch_slices(count, recipe.batch_size, joins=False)) for count in sentences]
    # An epoch of turns is one text, on average.
    each = sum(batches) / len(batches) if recipe.sampling == "turns" else sum(batches)
    return round(recipe.epochs * each)


def _forward(network: Network, sentences: int, times: int) -> Workload:
    return Workload.forward(network, sentences, times=times, batch_size=_PLAIN)


def text_evaluation_work(
    params: EntitiesEvaluationParams, settings: Settings, sizes: Mapping[str, DataSize]
) -> Work:
    """Return the predictions of all models of all seeds on a text's test sentences."""
    study, sentences = study_of(settings), sizes[params.dataset].test
    workloads = []
    for lineage in map(Lineage.parse, params.lineages):
        first = study.recipe[lineage.stages[0].recipe]
        recipe = TextRecipe(objective=first.objective if params.kind == "language" else "tags")
        network = tagger(study.networks[study.network_of(first)], recipe, _vocabulary(lineage, sizes))
        workloads.append(_forward(network, sentences, len(params.seeds)))
    held = len(params.lineages) * len(params.seeds) * sentences * _PREDICTION
    return Work(workloads=workloads, arrays=held, disk=held)


def _vocabulary(lineage: Lineage, sizes: Mapping[str, DataSize]) -> int:
    """Return the words of a lineage's first stage, rounded up: alike ones are measured once."""
    sentences = sum(sizes[name].train for name in lineage.stages[0].datasets)
    words = _DISTINCT * sentences
    return max(1000, 1 << (words - 1).bit_length())


def tagger(network: TextNetworkSettings, recipe: TextRecipe, words: int) -> Network:
    """Return a network as the pilot builds it, with what a step of a recipe computes.

    Parameters
    ----------
    words
        Words of its vocabulary.
    """
    settings = {
        "tagger": network.arguments(),
        "words": words,
        "objective": recipe.objective,
        "layers": recipe.layers,
        "language_model": recipe.language_model > 0,
    }
    return Network(kind="tagger", settings=settings)
