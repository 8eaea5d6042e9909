"""Whether the settings of the study of named entities fit each other and the texts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from engram.config.entities import EntitiesSettings, TextRecipe
from engram.config.levels import check_levels
from engram.config.text import TextSettings
from engram.core.lineage import StageData

__all__ = ["check_entities"]

_ROLES = ("source", "target")


def check_entities(entities: EntitiesSettings, texts: Mapping[str, TextSettings]) -> None:
    """Refuse names that mean nothing and stages that cannot be trained.

    Raises
    ------
    ValueError
        Naming the setting, what is wrong, and what is allowed.
    """
    _check_transfers(entities, texts)
    _known(entities.network, entities.networks, "entities.network", "network")
    for name, recipe in entities.recipe.items():
        if recipe.network is not None:
            _known(recipe.network, entities.networks, f"entities.recipe.{name}.network", "network")
        for text in recipe.dictionary.texts if recipe.dictionary else ():
            _is_of_kind(text, "entities", texts, f"entities.recipe.{name}.dictionary.texts")
    for name in entities.strategies:
        _known(name, entities.strategy, "entities.strategies", "strategy")
    if entities.strategy[entities.strategies[0]].uses_target:
        raise ValueError("entities.strategies: the first is the baseline and must not train on the target")
    for name in entities.strategy:
        _check_names(name, entities, texts)
    for name in entities.strategies:
        _check_choice(name, entities)
        for stages in _resolved(name, entities):
            _check_stages(f"entities.strategy.{name}", stages, entities, texts)
    _check_effects(entities, texts)
    _check_levels(entities, texts)
    _check_export(entities)
    for pair in entities.allow_overlap:
        for text in pair:
            _known(text, texts, "entities.allow_overlap", "text")


def _check_export(entities: EntitiesSettings) -> None:
    if entities.export is None:
        return
    first = entities.transfers[0]
    able = [
        name for name in entities.strategies if _is_exportable(entities, name, first.source, first.targets[0])
    ]
    if entities.export not in able:
        raise ValueError(
            f"entities.export: '{entities.export}' is no strategy that is run for the first target, "
            f"'{first.targets[0]}', at {max(entities.fractions)} %; choose one of {', '.join(able) or 'none'}"
        )


def _is_exportable(entities: EntitiesSettings, name: str, source: str, target: str) -> bool:
    strategy = entities.strategy[name]
    whole = max(entities.fractions) in strategy.fractions_of(entities.fractions)
    return whole and strategy.uses_target and strategy.is_for(source, target)


def _check_transfers(entities: EntitiesSettings, texts: Mapping[str, TextSettings]) -> None:
    for transfer in entities.transfers:
        for target in transfer.targets:
            _is_of_kind(target, "entities", texts, "entities.transfers")
        _is_labelled(transfer.source, texts, "entities.transfers")
        if transfer.source in transfer.targets:
            raise ValueError(f"entities.transfers: '{transfer.source}' is its own target")


def _check_names(name: str, entities: EntitiesSettings, texts: Mapping[str, TextSettings]) -> None:
    where, strategy = f"entities.strategy.{name}", entities.strategy[name]
    for stage in strategy.stages:
        data, _, recipe = stage.partition(".")
        _known(recipe, entities.recipe, where, "recipe")
        for part in map(StageData.parse, data.split("+")):
            if part.fold:
                raise ValueError(f"{where}: '{part}' names a fold; name the text alone")
            _known(part.dataset, {*texts, *_ROLES}, where, "text")


def _check_choice(name: str, entities: EntitiesSettings) -> None:
    """Refuse a strategy that is run for sources, targets or fractions which the study does not have."""
    where, strategy = f"entities.strategy.{name}", entities.strategy[name]
    sources = [transfer.source for transfer in entities.transfers]
    targets = [target for transfer in entities.transfers for target in transfer.targets]
    for key, named, known in (
        ("sources", strategy.sources, sources),
        ("targets", strategy.targets, targets),
        ("fractions", strategy.fractions, entities.fractions),
    ):
        for one in named or ():
            if one not in known:
                allowed = ", ".join(map(str, dict.fromkeys(known)))
                raise ValueError(
                    f"{where}.{key}: '{one}' is none of 'entities.transfers' or 'fractions': {allowed}"
                )


def _resolved(name: str, entities: EntitiesSettings) -> Iterator[list[tuple[list[str], str]]]:
    """Yield the stages of a strategy for each transfer: their data sets, and their recipe."""
    strategy = entities.strategy[name]
    for transfer in entities.transfers:
        for target in transfer.targets:
            if strategy.is_for(transfer.source, target):
                roles = {"source": transfer.source, "target": target}
                pairs = [stage.partition(".")[::2] for stage in strategy.stages]
                yield [
                    ([roles.get(part) or StageData.parse(part).dataset for part in data.split("+")], recipe)
                    for data, recipe in pairs
                ]


def _check_stages(
    where: str,
    stages: list[tuple[list[str], str]],
    entities: EntitiesSettings,
    texts: Mapping[str, TextSettings],
) -> None:
    encoder = entities.networks[entities.network_of(entities.recipe[stages[0][1]])].encoder
    for number, (names, key) in enumerate(stages):
        recipe, place = entities.recipe[key], f"{where}: stage '{'+'.join(names)}.{key}'"
        if len(set(names)) != len(names):
            raise ValueError(f"{place} names a text twice")
        _check_data(place, names, recipe, texts)
        _check_first(place, recipe, first=number == 0)
        _check_encoder(place, recipe, encoder)


def _check_data(place: str, names: list[str], recipe: TextRecipe, texts: Mapping[str, TextSettings]) -> None:
    for name in names:
        kind = texts[name].kind
        if recipe.objective == "tags" and kind == "language":
            raise ValueError(
                f"{place}: '{name}' has no tags. Give the recipe the objective 'words', 'sentences' or "
                "'words+sentences'"
            )
        if recipe.objective != "tags" and kind != "language":
            raise ValueError(
                f"{place}: objective '{recipe.objective}' is for texts of kind 'language', but '{name}' is "
                f"of kind '{kind}'"
            )
        if recipe.labels != "own" and kind != "entities":
            raise ValueError(
                f"{place}: labels '{recipe.labels}' join types of entities, but '{name}' is of kind '{kind}'"
            )
    if len(names) == 1 and recipe.sampling == "turns":
        raise ValueError(f"{place}: sampling 'turns' needs several texts; this stage has one")
    if len(names) == 1 and recipe.labels != "own":
        raise ValueError(f"{place}: labels '{recipe.labels}' join several texts; this stage has one")


def _check_first(place: str, recipe: TextRecipe, *, first: bool) -> None:
    if not first:
        if recipe.dictionary is not None:
            raise ValueError(f"{place}: 'dictionary' is for a first stage: a trained network has its inputs")
        return
    held = [name for name in ("replay", "distillation", "elastic", "l2_sp") if getattr(recipe, name)]
    if held:
        raise ValueError(f"{place}: '{held[0]}' holds a stage to the one before, but this is the first")
    if recipe.layers == "head":
        raise ValueError(f"{place}: layers 'head' keeps the encoder as it is, but this is the first stage")


def _check_encoder(place: str, recipe: TextRecipe, encoder: str) -> None:
    for wanted, found, what in (
        ("bert", recipe.objective != "tags", f"objective '{recipe.objective}'"),
        ("lstm", recipe.language_model > 0, "'language_model'"),
        ("bilstm", recipe.dictionary is not None, "'dictionary'"),
    ):
        if found and encoder != wanted:
            raise ValueError(f"{place}: {what} needs a network with encoder '{wanted}', not '{encoder}'")


def _check_effects(entities: EntitiesSettings, texts: Mapping[str, TextSettings]) -> None:
    effects = entities.effects
    if effects is None:
        return
    for key in ("targets", "partners"):
        for name in getattr(effects, key):
            _is_labelled(name, texts, f"entities.effects.{key}")
    for key in ("steps", "passes"):
        where, recipe = f"entities.effects.{key}", getattr(effects, key)
        _known(recipe, entities.recipe, where, "recipe")
        if (entities.recipe[recipe].steps is not None) != (key == "steps"):
            raise ValueError(
                f"{where}: recipe '{recipe}' must {'have' if key == 'steps' else 'not have'} 'steps'"
            )
        if entities.recipe[recipe].labels != "own":
            raise ValueError(f"{where}: recipe '{recipe}' must have labels 'own', for a head a text")
        for target in effects.targets:
            _check_stages(where, [([target], recipe)], entities, texts)


def _check_levels(entities: EntitiesSettings, texts: Mapping[str, TextSettings]) -> None:
    check_levels(entities.levels, texts, entities.recipe, "entities.levels")
    for name, lineage in entities.levels.lineages.items() if entities.levels else ():
        stages = [(stage.datasets, stage.recipe) for stage in lineage.stages]
        _check_stages(f"entities.levels.chains.{name}", stages, entities, texts)


def _is_of_kind(name: str, kind: str, texts: Mapping[str, TextSettings], where: str) -> None:
    _known(name, texts, where, "text")
    if texts[name].kind != kind:
        raise ValueError(f"{where}: '{name}' is of kind '{texts[name].kind}'; name a text of kind '{kind}'")


def _is_labelled(name: str, texts: Mapping[str, TextSettings], where: str) -> None:
    _known(name, texts, where, "text")
    if texts[name].kind == "language":
        raise ValueError(f"{where}: '{name}' has no tags; name a text of kind 'entities' or 'tokens'")


def _known(name: str, names: Collection[str], where: str, kind: str) -> None:
    if name not in names:
        raise ValueError(f"{where}: unknown {kind} '{name}'. Known: {', '.join(sorted(names)) or 'none'}")
