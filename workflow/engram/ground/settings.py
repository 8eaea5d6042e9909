"""The typed settings: what `config/*.yaml` may say, and the defaults of what it leaves out.

Unknown keys are refused at every level, so that a typo stops before any job.
`workflow/schemas/config.schema.json` and `config/README.md` are generated from this file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engram.ground.errors import ConfigurationError
from engram.ground.labels import CLASSES
from engram.ground.lineage import NAME, Portion

__all__ = [
    "AugmentSettings",
    "ComputeSettings",
    "DatasetSettings",
    "DrawnSettings",
    "EvidenceSettings",
    "FacesSettings",
    "MemorySettings",
    "NetworkSettings",
    "RecipeSettings",
    "Settings",
    "ShareSettings",
    "SplitSettings",
    "StrategySettings",
    "TransferSettings",
    "load_settings",
]

Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Percent = Annotated[int, Field(ge=1, le=100)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class DrawnSettings(_Strict):
    """How a data set of drawn faces is drawn. The same values give the same bytes everywhere."""

    look: Literal["wild", "studio", "lab", "sequence", "portraits"]
    """The domain: camera, light, framing, style, and how its people show an expression."""
    subjects: int = Field(ge=1)
    """Number of people."""
    images: int = Field(ge=1)
    """Number of images, all people together."""
    size: int = Field(default=64, ge=32, le=512)
    """Width and height of an image in pixels."""
    seed: int = Field(default=1, ge=0)
    """Seed of the drawing."""
    wrong_labels_per_mille: int = Field(default=0, ge=0, le=500)
    """Of a thousand images, how many carry a wrong expression."""


class SplitSettings(_Strict):
    """How a data set is parted into training, validation and test subsets."""

    scheme: Literal["subject", "published", "official"] = "subject"
    """`subject`: no person in two subsets. `published`: the printed sizes; test persons apart,
    validation drawn from the persons trained on. `official`: as the data set's owners say."""
    validation: Share = 0.1
    """Share of the images for validation; the nearest that whole persons allow."""
    test: Share = 0.3
    """Share of the images for test; the nearest that whole persons allow."""
    sizes: tuple[int, int, int] | None = None
    """Printed numbers of training, validation and test images, for `published`."""
    seed: int = Field(default=1, ge=0)
    """Seed of the choice of persons."""

    @model_validator(mode="after")
    def _sizes_go_with_published(self) -> SplitSettings:
        if (self.scheme == "published") != (self.sizes is not None):
            raise ValueError("'sizes' and scheme 'published' go together: give both or neither")
        return self


class DatasetSettings(_Strict):
    """One data set: where it is, how it is read, detected and split."""

    title: str
    """Its name in tables and figures."""
    reader: Literal["drawn", "manifest", "fer2013", "jaffe", "mug", "cmu", "london"]
    """Which layout it has; `manifest` is a folder with a `manifest.csv`."""
    root: str | None = None
    """Its folder, relative to `data_root`; not for drawn faces."""
    drawn: DrawnSettings | None = None
    """How to draw it, for reader `drawn`."""
    task: Literal[tuple(CLASSES)] = "expression"  # type: ignore[valid-type]
    """The label set that networks learn on it."""
    detect: bool = True
    """Whether faces are to be found in its images; false where they are published as cropped faces."""
    split: SplitSettings = SplitSettings()
    """Its subsets."""
    published: str | None = None
    """Its name in the published tables, if it is that very data set."""
    show_faces: bool = False
    """Whether its licence allows its faces in figures (drawn or CC BY)."""
    source: str = ""
    """Where it is requested or published, for the error message when it is missing and for the cards."""

    @model_validator(mode="after")
    def _reader_has_what_it_needs(self) -> DatasetSettings:
        if (self.reader == "drawn") != (self.drawn is not None):
            raise ValueError("'drawn' settings and reader 'drawn' go together: give both or neither")
        if (self.reader == "drawn") == (self.root is not None):
            raise ValueError("every reader but 'drawn' needs 'root', the data set's folder")
        return self


class FacesSettings(_Strict):
    """How faces are detected, aligned and stored."""

    detector: Literal["haar", "yunet"] = "haar"
    """OpenCV's Haar cascades, or YuNet where its model file is at hand."""
    yunet_model: str | None = None
    """Path of YuNet's ONNX file."""
    size: int = Field(default=48, ge=24, le=512)
    """Width and height of a stored face in pixels."""
    colour: Literal["grey", "rgb"] = "grey"
    """Channels of a stored face."""
    margin: float = Field(default=0.1, ge=0.0, le=1.0)
    """What is kept around the detected face on each side, as a share of its width."""

    @model_validator(mode="after")
    def _yunet_has_its_model(self) -> FacesSettings:
        if self.detector == "yunet" and not self.yunet_model:
            raise ValueError("detector 'yunet' needs 'yunet_model', the path of its ONNX file")
        return self


class NetworkSettings(_Strict):
    """The simplified VGG of Tannugi et al. (2019), section III."""

    width: float = Field(default=1.0, gt=0.0, le=4.0)
    """Factor on all channels and hidden units; 1 is the published network of 19,291,207 parameters."""
    dropout: float = Field(default=0.5, ge=0.0, lt=1.0)
    """Dropout after the first two fully connected layers."""


class AugmentSettings(_Strict):
    """Random changes of a training face."""

    flip: bool = True
    """Mirror half of the faces."""
    shift: int = Field(default=3, ge=0)
    """Largest shift in pixels, in each direction."""


class RecipeSettings(_Strict):
    """How one stage trains."""

    layers: Literal["all", "classifier", "classifier+conv"] = "all"
    """What is trained; `classifier` is all fully connected layers, `+conv` adds the last convolution."""
    epochs: int = Field(default=30, ge=1)
    """Largest number of passes over the training subset."""
    patience: int = Field(default=10, ge=1)
    """Epochs without a better validation result before training stops."""
    batch_size: int = Field(default=64, ge=2)
    """Faces a step."""
    learning_rate: float = Field(default=1e-4, gt=0.0)
    """Adam's learning rate; it falls to zero along a cosine."""
    weight_decay: float = Field(default=0.0, ge=0.0)
    """Decoupled weight decay (AdamW); 0 is Adam."""
    augment: AugmentSettings = AugmentSettings()
    """Random changes of the training faces."""
    views: int = Field(default=8, ge=1)
    """Where layers are frozen: augmented views of each face whose features are computed once and cached."""
    replay: Share = 0.0
    """Share of the earlier stages' training subsets that is trained along."""
    distillation: float = Field(default=0.0, ge=0.0)
    """Weight of the distance to the parent's outputs (learning without forgetting, Li and Hoiem 2016)."""
    temperature: float = Field(default=2.0, gt=0.0)
    """Temperature of that distillation."""
    elastic: float = Field(default=0.0, ge=0.0)
    """Weight of elastic weight consolidation (Kirkpatrick et al. 2017)."""

    @property
    def needs_earlier_data(self) -> bool:
        """Whether training reads the data of the stages before."""
        return self.replay > 0 or self.elastic > 0


class StrategySettings(_Strict):
    """A list of stages, each `data.recipe`; `source` and `target` stand for a transfer's data sets."""

    stages: list[str] = Field(min_length=1)
    """Oldest first, such as `[source.base, target.head]`; `a+b.recipe` merges two data sets."""
    title: str = ""
    """One sentence for the report."""

    @property
    def uses_target(self) -> bool:
        """Whether it trains on the target at all (the baseline does not)."""
        return any("target" in stage.partition(".")[0].split("+") for stage in self.stages)


class TransferSettings(_Strict):
    """One source and the targets it is carried to."""

    source: Name
    """The data set that is learnt first, and forgotten."""
    targets: list[Name] = Field(min_length=1)
    """The data sets that it is carried to, one transfer each."""


class MemorySettings(_Strict):
    """The study of memory integrity."""

    network: NetworkSettings = NetworkSettings()
    transfers: list[TransferSettings] = Field(min_length=1)
    """Which data sets are sources and targets."""
    fractions: list[Percent] = [50, 100]
    """Shares of a target's training subset, in percent."""
    strategies: list[str] = Field(min_length=1)
    """Which of `strategy` are run, in the order of the tables; the first is the baseline."""
    strategy: dict[str, StrategySettings]
    """Every strategy by name."""
    recipe: dict[Name, RecipeSettings]
    """Every recipe by name."""


class ComputeSettings(_Strict):
    """How the computing is done. Threads, memory and time stand in profiles."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """`auto` takes a GPU where there is one."""
    precision: Literal["auto", "bf16", "fp32"] = "auto"
    """Number format; `auto` takes bfloat16 on GPUs and processors (AMX) made for it. Records say which."""
    compile: bool = False
    """Whether networks go through `torch.compile`."""
    seeds_per_job: int = Field(default=1, ge=1)
    """How many seeds of a stage one job trains, one after another: more where jobs are short."""
    checkpoint_seconds: float = Field(default=60.0, ge=0.0)
    """Least time between two checkpoints of a training job."""


class EvidenceSettings(_Strict):
    """Uncertainty and checks."""

    resamples: int = Field(default=1000, ge=100)
    """Bootstrap resamples of subjects behind each interval."""
    confidence: float = Field(default=0.95, gt=0.5, lt=1.0)
    """Confidence of the intervals."""


class ShareSettings(_Strict):
    """Where runs and results are published."""

    mlflow_uri: str = "sqlite:///mlflow.db"
    """Tracking store or server."""
    experiment: str = "engram"
    """MLflow experiment."""
    dvc_remote: str = ".dvcremote"
    """Folder or URL that `snakemake publish` pushes to."""


class Settings(_Strict):
    """Everything that a configuration may say."""

    results: str = "results"
    """Folder of everything made; one for each configuration keeps their tables apart."""
    data_root: str = "data/raw"
    """Folder of the data sets that are not drawn; environment variables are expanded."""
    seeds: list[Annotated[int, Field(ge=0)]] = Field(default=[1, 2, 3], min_length=1)
    """Each model is trained once a seed."""
    datasets: dict[Name, DatasetSettings]
    """Every data set by name; those that no study names are not touched."""
    faces: FacesSettings = FacesSettings()
    memory: MemorySettings
    compute: ComputeSettings = ComputeSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    share: ShareSettings = ShareSettings()

    @model_validator(mode="after")
    def _names_are_known(self) -> Settings:
        memory = self.memory
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("seeds: a seed stands there twice")
        for transfer in memory.transfers:
            for name in (transfer.source, *transfer.targets):
                _known(name, self.datasets, "memory.transfers", "data set")
            if transfer.source in transfer.targets:
                raise ValueError(f"memory.transfers: '{transfer.source}' is its own target")
        for name in memory.strategies:
            _known(name, memory.strategy, "memory.strategies", "strategy")
        for name, strategy in memory.strategy.items():
            for stage in strategy.stages:
                data, _, recipe = stage.partition(".")
                where = f"memory.strategy.{name}"
                _known(recipe, memory.recipe, where, "recipe")
                for part in data.split("+"):
                    _known(
                        Portion.parse(part).dataset, {*self.datasets, "source", "target"}, where, "data set"
                    )
        if memory.strategy[memory.strategies[0]].uses_target:
            raise ValueError("memory.strategies: the first is the baseline and must not train on the target")
        return self


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
