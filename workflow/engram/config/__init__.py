"""The typed settings: what `config/*.yaml` may say, and the defaults of what it leaves out.

Unknown keys are refused at every level, so that a typo stops before any job.
`workflow/schemas/config.schema.json` and `config/README.md` are generated from these classes.
"""

from __future__ import annotations

from itertools import product
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from engram.config.base import Name, PathText, Seeds, Strict
from engram.config.data import (
    CropSettings,
    DatasetSettings,
    DrawnSettings,
    FacesSettings,
    GeneralFacesSettings,
    SplitSettings,
    StoreSettings,
)
from engram.config.encoders import EncoderSettings, ImportedSettings
from engram.config.entities import (
    DictionarySettings,
    EffectsSettings,
    EntitiesSettings,
    TextNetworkSettings,
    TextRecipe,
    TextStrategySettings,
)
from engram.config.entities_check import check_entities
from engram.config.general import (
    FusionSettings,
    GeneralSettings,
    HeadSettings,
    StudentSettings,
    TargetSettings,
)
from engram.config.labels import LabelSettings
from engram.config.levels import LevelsSettings, check_levels
from engram.config.memory import (
    MemorySettings,
    NetworkSettings,
    RecipeSettings,
    SweepSettings,
)
from engram.config.run import (
    ComputeParams,
    ComputeSettings,
    EstimateSettings,
    EvidenceSettings,
    PublishingSettings,
)
from engram.config.stages import StageRecipe, StrategySettings, TransferSettings
from engram.config.text import DrawnTextSettings, TextSettings
from engram.config.training import AugmentSettings, TrainingSettings, TuningSettings
from engram.core.errors import ConfigurationError
from engram.core.labels import CLASSES
from engram.core.lineage import StageData

__all__ = [
    "AugmentSettings",
    "ComputeParams",
    "ComputeSettings",
    "CropSettings",
    "DatasetSettings",
    "DictionarySettings",
    "DrawnSettings",
    "DrawnTextSettings",
    "EffectsSettings",
    "EncoderSettings",
    "EntitiesSettings",
    "EstimateSettings",
    "EvidenceSettings",
    "FacesSettings",
    "FusionSettings",
    "GeneralFacesSettings",
    "GeneralSettings",
    "HeadSettings",
    "ImportedSettings",
    "LabelSettings",
    "LevelsSettings",
    "MemorySettings",
    "NetworkSettings",
    "PublishingSettings",
    "RecipeSettings",
    "Settings",
    "SplitSettings",
    "StageRecipe",
    "StoreSettings",
    "StrategySettings",
    "StudentSettings",
    "SweepSettings",
    "TargetSettings",
    "TextNetworkSettings",
    "TextRecipe",
    "TextSettings",
    "TextStrategySettings",
    "TrainingSettings",
    "TransferSettings",
    "TuningSettings",
    "load_settings",
]


#: A study's section of the settings.
Study = Literal["memory", "general", "entities"]


class Settings(Strict):
    """Everything that a configuration may say."""

    results: PathText = "results"
    """Folder of everything made; one for each configuration keeps their tables apart."""
    data_root: PathText = "data/raw"
    """Folder of the data sets that are not drawn; environment variables are expanded."""
    seeds: Seeds = Field(default=[1, 2, 3])
    """Each model is trained once a seed. A study with `seeds` of its own uses those."""
    datasets: dict[Name, DatasetSettings]
    """Every data set by name; those that no study names are not touched."""
    texts: dict[Name, TextSettings] = Field(default={})
    """Every text by name; no data set has the name of another, of faces or of text."""
    faces: FacesSettings = FacesSettings()
    labels: LabelSettings = LabelSettings()
    memory: MemorySettings
    general: GeneralSettings | None = None
    """The general study; without it that study is left out."""
    entities: EntitiesSettings | None = None
    """The study of named entities; without it that study is left out."""
    compute: ComputeSettings = ComputeSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    publishing: PublishingSettings = PublishingSettings()
    estimate: EstimateSettings = EstimateSettings()

    @model_validator(mode="after")
    def _names_are_known(self) -> Settings:
        memory = self.memory
        for transfer in memory.transfers:
            for name in (transfer.source, *transfer.targets):
                _known(name, self.datasets, "memory.transfers", "data set")
                self._has_classes(name, "memory.transfers")
            if transfer.source in transfer.targets:
                raise ValueError(f"memory.transfers: '{transfer.source}' is its own target")
        for name in memory.strategies:
            _known(name, memory.strategy, "memory.strategies", "strategy")
        for name, strategy in memory.strategy.items():
            for stage in strategy.stages:
                data, _, recipe = stage.partition(".")
                where = f"memory.strategy.{name}"
                _known(recipe, memory.recipe, where, "recipe")
                for part in map(StageData.parse, data.split("+")):
                    dataset = part.dataset
                    if part.fold:
                        raise ValueError(f"{where}: '{part}' names a fold; name the data set alone")
                    _known(dataset, {*self.datasets, "source", "target"}, where, "data set")
                    if dataset in self.datasets and name in memory.strategies:
                        self._has_classes(dataset, where)
        check_levels(memory.levels, self.datasets, memory.recipe, "memory.levels")
        for lineage in memory.further:
            for name in {*lineage.stage.datasets, *lineage.earlier_datasets}:
                self._has_classes(name, "memory.levels")
        if memory.strategy[memory.strategies[0]].uses_target:
            raise ValueError("memory.strategies: the first is the baseline and must not train on the target")
        twice = sorted(self.datasets.keys() & self.texts.keys())
        if twice:
            raise ValueError(f"texts.{twice[0]}: a data set of faces has this name; rename one of them")
        self._folds_fit()
        self._general_names_are_known()
        if self.entities is not None:
            check_entities(self.entities, self.texts)
        return self

    def seeds_of(self, study: Study) -> list[int]:
        """Return the seeds of a study: its own, or those of the run."""
        chosen = getattr(self, study)
        return self.seeds if chosen is None or chosen.seeds is None else chosen.seeds

    def _folds_fit(self) -> None:
        """Refuse folds that cannot be had, and different numbers of folds in one lineage."""
        for name, dataset in self.datasets.items():
            drawn = dataset.drawn
            if drawn is not None:
                _enough(drawn.subjects + drawn.test_subjects, dataset.split, f"datasets.{name}", "subjects")
        for name, text in self.texts.items():
            if text.drawn is not None:
                drawn_text = text.drawn
                documents = drawn_text.documents + drawn_text.validation_documents + drawn_text.test_documents
                _enough(documents, text.split, f"texts.{name}", "documents")
        for transfer, strategy in product(self.memory.transfers, self.memory.strategies):
            for target in transfer.targets:
                roles = {"source": transfer.source, "target": target}
                stages = [stage.partition(".")[0] for stage in self.memory.strategy[strategy].stages]
                parts = {StageData.parse(part).dataset for stage in stages for part in stage.split("+")}
                found = {name: self.datasets[name].split.folds for name in {roles.get(p, p) for p in parts}}
                met = {name: count for name, count in sorted(found.items()) if count is not None}
                if len({*met.values()}) > 1:
                    raise ValueError(
                        f"memory.strategy.{strategy}: data sets of different numbers of folds meet, {met}. "
                        "A model is of the same fold of each: give them the same 'split.folds'"
                    )

    def _has_classes(self, name: str, where: str) -> None:
        """Refuse a data set of the memory study whose task has no classes to tell apart."""
        task = self.datasets[name].task
        if self.datasets[name].split.without:
            raise ValueError(
                f"{where}: data set '{name}' needs every subset in this study, but "
                f"'datasets.{name}.split.without' names some that may be empty. Take that setting out, or "
                "choose another data set"
            )
        if task not in CLASSES:
            raise ValueError(
                f"{where}: the networks of this study tell classes apart, but the task of data set '{name}' "
                f"is '{task}'. Choose one of {', '.join(sorted(CLASSES))} for 'datasets.{name}.task', "
                "or another data set"
            )

    def _general_names_are_known(self) -> None:
        if self.general is None:
            return
        for name in self.general.unsupervised:
            _known(name, self.datasets, "general.unsupervised", "data set")
        for name, target in self.general.targets.items():
            _known(target.dataset, self.datasets, f"general.targets.{name}", "data set")
            if target.trained_on is not None:
                _known(target.trained_on, self.datasets, f"general.targets.{name}.trained_on", "data set")
        for name, encoder in self.general.encoders.items():
            if encoder.dataset is not None:
                _known(encoder.dataset, self.datasets, f"general.encoders.{name}", "data set")


def _enough(drawn: int, split: SplitSettings, where: str, what: str) -> None:
    if split.folds is not None and drawn < split.folds:
        raise ValueError(
            f"{where}.split.folds: {split.folds} folds need as many {what}, but {drawn} are drawn. "
            f"Ask for fewer folds, or draw more {what}"
        )


def _known(name: str, names: Any, where: str, kind: str) -> None:
    if name not in names:
        raise ValueError(f"{where}: unknown {kind} '{name}'. Known: {', '.join(sorted(names))}")


def load_settings(config: dict[str, Any]) -> Settings:
    """Validate a configuration as Snakemake merged it.

    Raises
    ------
    ConfigurationError
        Naming every wrong key with its place, and what is allowed there.
    """
    try:
        return Settings.model_validate(config)
    except ValidationError as error:
        problems = [_explain(problem) for problem in error.errors()]
        raise ConfigurationError(
            "The configuration is wrong:\n"
            + "\n".join(problems)
            + "\nEvery setting is listed in config/README.md."
        ) from None


def _explain(problem: Any) -> str:
    place = ".".join(map(str, problem["loc"])) or "(whole)"
    if problem["type"] == "extra_forbidden":
        return f"  {place}: there is no such setting; check its spelling"
    given = "" if isinstance(problem["input"], dict) else f" (given: {problem['input']!r})"
    return f"  {place}: {problem['msg'].removeprefix('Value error, ')}{given}"
