"""The jobs that split, train and evaluate the study of named entities; torch-free, for the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from engram.config import ComputeSettings, EntitiesSettings, Settings, TextNetworkSettings, TextRecipe
from engram.core.lineage import Lineage
from engram.core.paths import Layout
from engram.data.jobs import SplitCheckParams
from engram.data.text.jobs import text_files
from engram.runtime.job_spec import JobSpec
from engram.studies.entities.jobs.networks import found_network, network_files, networks_of
from engram.studies.lineage.folds import folds_of
from engram.studies.lineage.jobs import (
    EvaluationParams,
    StageParams,
    Workplace,
    evaluation_spec,
    stage_specs,
)
from engram.studies.lineage.trials import lineages, stage_inputs, trials

__all__ = [
    "EntitiesEvaluationParams",
    "EntitiesStageParams",
    "entities_datasets",
    "entities_evaluation",
    "entities_split_check",
    "entities_stages",
    "entities_workplace",
    "evaluated_texts",
    "study_of",
]

#: The study's name: its section of the settings, its folder of results, and how its rules begin.
STUDY = "entities"


class EntitiesStageParams(StageParams):
    """What training stages of the study of named entities depends on."""

    recipes: dict[str, TextRecipe]
    network: TextNetworkSettings
    """What a model from random weights is built of, of others it is their parent's; its vectors are the
    prepared ones."""
    objectives: dict[str, str]
    """The data sets of language that these lineages have seen, sorted -> what was learnt from each last."""
    chosen_by: dict[str, list[str]]
    """Lineages whose last stage learns targets and other texts, sorted -> the targets: see `_targets`."""

    @classmethod
    def from_settings(
        cls, settings: Settings, names: Sequence[str], seeds: Sequence[int]
    ) -> EntitiesStageParams:
        """Pick them for the job that trains some lineages for some seeds."""
        study, chosen = study_of(settings), list(map(Lineage.parse, names))
        network = (networks_of(study, chosen) or [next(iter(study.networks))])[0]
        return cls(
            results=settings.results,
            compute=_exact(settings.compute),
            lineages=list(names),
            seeds=list(seeds),
            recipes={name: study.recipe[name] for name in sorted({each.stage.recipe for each in chosen})},
            tasks={name: name for name in _reads(study, chosen)},
            network=_read_network(settings, study, network),
            objectives=_objectives(settings, chosen),
            chosen_by=_targets(study, chosen),
        )

    @property
    def layout(self) -> Layout:
        """Where the study's files lie."""
        return Layout(Path(self.results)).of_study(STUDY)

    def reads(self, lineage: Lineage) -> list[str]:
        """Return the data sets that training a lineage's last stage reads, sorted."""
        return _read_by([lineage], self.recipes)


class EntitiesEvaluationParams(EvaluationParams):
    """What the predictions of all models on one text depend on."""

    kind: str
    """What the text is labelled with."""
    objectives: dict[str, str]
    """Of a text of language: the models, sorted -> what each has learnt from it last."""

    @classmethod
    def from_settings(cls, settings: Settings, layout: Layout, dataset: str) -> EntitiesEvaluationParams:
        """Pick them for a text."""
        chosen = entities_workplace(settings, layout).evaluated(dataset)
        kind = settings.texts[dataset].kind
        learnt = (
            {str(model): _objectives(settings, [model]) for model in chosen} if kind == "language" else {}
        )
        return cls(
            results=settings.results,
            compute=_exact(settings.compute),
            dataset=dataset,
            task=dataset,
            lineages=list(map(str, chosen)),
            seeds=settings.seeds_of(STUDY),
            kind=kind,
            objectives={name: found[dataset] for name, found in sorted(learnt.items())},
        )


def study_of(settings: Settings) -> EntitiesSettings:
    """Return the study's settings, of a configuration that has it."""
    assert settings.entities is not None, "this configuration leaves out the study of named entities"
    return settings.entities


def entities_datasets(settings: Settings) -> list[str]:
    """Return the names of the texts that the study reads, sorted; none without the study."""
    if settings.entities is None:
        return []
    names = set(_reads(settings.entities, lineages(settings.entities)))
    for transfer in settings.entities.transfers:
        names.update((transfer.source, *transfer.targets))
    return sorted(names)


def evaluated_texts(settings: Settings, layout: Layout) -> list[str]:
    """Return the texts that some model has seen, sorted: all but those that a dictionary alone reads."""
    place = entities_workplace(settings, layout)
    return [name for name in entities_datasets(settings) if place.evaluated(name)]


def entities_split_check(settings: Settings, layout: Layout) -> JobSpec:
    """Return the check of all splits, which comes before any training."""
    names = entities_datasets(settings)
    return JobSpec(
        name="entities_check_splits",
        inputs={"splits": [layout.split(name) for name in names]},
        outputs={"report": layout.root / STUDY / "splits.json"},
        log=layout.logs / "entities_check_splits.log",
        params=SplitCheckParams(
            results=settings.results,
            folds={name: settings.texts[name].split.folds or 0 for name in names},
        ),
        priority=100,
    )


def entities_stages(settings: Settings, layout: Layout, to_read: set[str] | None = None) -> list[JobSpec]:
    """Return the rules that train every model of the study.

    Their input functions note in ``to_read`` the networks that a planned job begins with.
    """
    params = partial(EntitiesStageParams.from_settings, settings)
    return stage_specs(entities_workplace(settings, layout, to_read), params)


def entities_evaluation(settings: Settings, layout: Layout) -> JobSpec:
    """Return the rule that evaluates on a text, the wildcard ``dataset``, every model that has seen it."""
    place = entities_workplace(settings, layout)
    return evaluation_spec(place, partial(EntitiesEvaluationParams.from_settings, settings, layout))


def entities_workplace(settings: Settings, layout: Layout, to_read: set[str] | None = None) -> Workplace:
    """Return what the study's jobs need besides its settings; for ``to_read`` see `entities_stages`."""
    study, compute = study_of(settings), settings.compute
    others = any(network.vectors or network.folder for network in study.networks.values())

    def store(name: str) -> list[Path]:
        return text_files(layout.text(name))

    return Workplace(
        study,
        layout.of_study(STUDY),
        settings.seeds_of(STUDY),
        compute.job,
        compute.seeds_per_job,
        store,
        folds_of(settings.texts),
        prefix=f"{STUDY}_",
        keeps_epochs=True,
        first_together=True,
        seen_alone=True,
        reads=partial(_reads, study),
        further=partial(_files, settings, layout, set() if to_read is None else to_read) if others else None,
    )


def _files(settings: Settings, layout: Layout, to_read: set[str], chosen: Sequence[Lineage]) -> list[Path]:
    """Return the files of networks that training some lineages reads; note the networks that begin there."""
    study = study_of(settings)
    to_read.update(networks_of(study, [each for each in chosen if each.parent is None]))
    return network_files(settings, study, layout.of_study(STUDY), chosen)


def _read_network(settings: Settings, study: EntitiesSettings, name: str) -> TextNetworkSettings:
    found = found_network(settings, study.networks[name])
    prepared = str(Layout.from_settings(settings).of_study(STUDY).vectors(name))
    return found.model_copy(update={"vectors": prepared}) if found.vectors else found


def _reads(study: EntitiesSettings, chosen: Iterable[Lineage]) -> list[str]:
    return _read_by(chosen, study.recipe)


def _read_by(chosen: Iterable[Lineage], recipes: Mapping[str, TextRecipe]) -> list[str]:
    """Return the texts that training the last stages of lineages reads, those of dictionaries too, sorted."""
    chosen = list(chosen)
    used = [recipes[each.stage.recipe].dictionary for each in chosen]
    return sorted({*stage_inputs(chosen), *(name for each in used if each for name in each.texts)})


def _targets(study: EntitiesSettings, chosen: Iterable[Lineage]) -> dict[str, list[str]]:
    """Return lineage -> the targets among the texts that its last stage learns jointly, both sorted.

    Their validation scores choose its epoch, as in the works that are reproduced, and as the epoch of a
    model of the target alone is chosen. Left out are lineages whose epoch all texts choose: all of them are
    targets, or none is.
    """
    judged = {(str(trial.lineage), trial.target) for trial in trials(study)}
    if study.effects is not None:
        judged |= {(str(pair.lineage), pair.target) for pair in study.effects.pairs()}
    found = {}
    for lineage in sorted(chosen):
        joint = lineage.stage.datasets
        targets = [name for name in sorted(joint) if (str(lineage.pooled), name) in judged]
        if targets and len(targets) < len(joint):
            found[str(lineage)] = targets
    return found


def _objectives(settings: Settings, chosen: Iterable[Lineage]) -> dict[str, str]:
    """Return text of language -> the objective of the last stage of some lineages that trained on it."""
    study, found = study_of(settings), {}
    for lineage in chosen:
        for stage in lineage.stages:
            for name in stage.datasets:
                if settings.texts[name].kind == "language":
                    found[name] = study.recipe[stage.recipe].objective
    return dict(sorted(found.items()))


def _exact(compute: ComputeSettings) -> ComputeSettings:
    """Return float32 for ``auto``: small recurrent networks are no faster in bfloat16."""
    return compute.model_copy(update={"precision": "fp32"}) if compute.precision == "auto" else compute
