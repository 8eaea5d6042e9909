"""Settings of the study of named entities: transfer along levels of language, sources and targets."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from engram.config.base import Name, PathText, Percent, Seeds, Strict
from engram.config.levels import LevelsSettings
from engram.config.registered import TextEncoderName
from engram.config.stages import StageRecipe, StrategySettings, TransferSettings
from engram.core.lineage import Lineage, Stage, StageData

__all__ = [
    "DictionarySettings",
    "EffectsSettings",
    "EntitiesSettings",
    "PairSettings",
    "TextNetworkSettings",
    "TextRecipe",
    "TextStrategySettings",
]


#: What the encoders of this project are built of; another's file says so itself.
_ARGUMENTS = {
    "bilstm": {"words", "characters", "filters", "widths", "units", "layers", "dropout"},
    "lstm": {"words", "characters", "character_units", "units", "language_model", "dropout"},
    "bert": {"size", "hidden", "attention_heads", "layers", "characters", "filters", "dropout"},
    "imported": {"frozen", "pooled"},
}
#: Filters of `bilstm` where the settings say none.
_FILTERS = 50


_Width = Annotated[int, Field(ge=1)]


class TextNetworkSettings(Strict):
    """What a network that reads sentences is built of. What is left out has the encoder's own default."""

    encoder: TextEncoderName = "bilstm"
    """A file of `models/text/encoders`: `bilstm` (Ma and Hovy 2016), `lstm` (Zuo and Zhang 2020), `bert`, or
    `imported` (a BERT of others, see `folder`)."""
    folder: PathText | None = None
    """Of `imported`: the folder of `config.json`, `vocab.txt` and `model.safetensors`, relative to
    `data_root`; environment variables are expanded. See `docs/text-data.md`."""
    sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """Of `imported`: the SHA-256 of `model.safetensors`. Another file is refused."""
    frozen: bool | None = None
    """Of `imported`: whether its weights stay as they are in every stage."""
    pooled: int | None = Field(default=None, ge=1)
    """Of `imported`: values of a direction's state of a GRU on top of it, whose states are pooled over the
    sentence too (our reading of Al-Smadi et al. 2020). By default none."""
    words: int | None = Field(default=None, ge=1)
    """Values of a word's embedding."""
    vectors: PathText | None = None
    """Of `bilstm` and `lstm`: a file of pretrained word vectors (word2vec, GloVe or fastText, see
    `docs/text-data.md`), relative to `data_root`. Words that it has begin with them, and `words` is their
    number of values."""
    characters: int | None = Field(default=None, ge=1)
    """Values of a byte's embedding."""
    filters: int | None = Field(default=None, ge=1)
    """Filters over a word's bytes."""
    widths: list[_Width] | None = Field(default=None, min_length=1)
    """Of `bilstm`: how many bytes a filter sees; the filters are divided among the widths."""
    units: int | None = Field(default=None, ge=1)
    """Values of a direction's state, of `bilstm` and `lstm`."""
    character_units: int | None = Field(default=None, ge=1)
    """Values of a direction's state over characters, of `lstm`."""
    language_model: bool | None = None
    """Whether `lstm` has the highway layers and language models of LBC."""
    size: int | None = Field(default=None, ge=1)
    """Values of a word, of `bert`."""
    hidden: int | None = Field(default=None, ge=1)
    """Values between the two linear maps of a layer of `bert`."""
    attention_heads: int | None = Field(default=None, ge=1)
    """Attention heads of a layer of `bert`."""
    layers: int | None = Field(default=None, ge=1)
    """Layers of `bilstm` or `bert`."""
    dropout: float | None = Field(default=None, ge=0.0, lt=1.0)
    """Dropout inside of the encoder."""
    head_dropout: float | None = Field(default=None, ge=0.0, lt=1.0)
    """Dropout of what a head reads."""

    @model_validator(mode="after")
    def _encoder_reads_them(self) -> TextNetworkSettings:
        known = _ARGUMENTS.get(self.encoder)
        wrong = sorted(set(self.arguments()) - {"encoder", "head_dropout"} - (known or set(self.arguments())))
        if wrong:
            allowed = ", ".join(sorted(known or ()))
            raise ValueError(f"encoder '{self.encoder}' has no '{wrong[0]}'; it has {allowed}")
        if self.vectors and self.encoder not in ("bilstm", "lstm"):
            raise ValueError(f"'vectors' are for encoders 'bilstm' and 'lstm', not '{self.encoder}'")
        if len(self.widths or ()) > (self.filters or _FILTERS):
            raise ValueError("'filters' are divided among 'widths': each width needs a filter")
        self._is_imported()
        return self

    def _is_imported(self) -> None:
        for name in ("folder", "sha256"):
            given = getattr(self, name) is not None
            if given and self.encoder != "imported":
                raise ValueError(f"'{name}' is for encoder 'imported', not '{self.encoder}'")
            if not given and self.encoder == "imported":
                raise ValueError(
                    f"encoder 'imported' needs '{name}': a folder, and the SHA-256 of its weights"
                )

    def arguments(self) -> dict[str, Any]:
        """Return what `engram.models.text.tagger.new_tagger` is given."""
        return self.model_dump(exclude_none=True, exclude={"vectors", "folder", "sha256"})


class DictionarySettings(Strict):
    """Features of words from a dictionary of entities' names (Wang et al. 2019).

    The names are those that stand in at least two documents of the stage's training subset, and all of those
    of `texts`. A name of one document alone would show the tags of that document to the network.
    """

    features: Literal["ngram", "piet", "pdet"]
    """`ngram`: which types' names the n-grams around a word are; `piet`: the type of the longest match that
    holds it; `pdet`: the type and the place in the match."""
    texts: list[Name] = Field(default=[])
    """Further data sets, whose training subsets' entities are names too."""
    place: Literal["input", "beside"] = "input"
    """At the encoder's input, or in a second LSTM beside the first."""


class TextRecipe(StageRecipe):
    """How one stage trains.

    `replay`, `distillation`, `elastic` and `l2_sp` take one value or a list of them. Of a list each is
    trained, and the one is kept whose mean validation score over all data sets that the lineage has seen is
    highest; of equals the first. A record names what was tried and kept.
    """

    batch_size: int = Field(default=16, ge=2)
    """Sentences a step."""
    learning_rate: float = Field(default=2e-3, gt=0.0)
    """Adam's learning rate; it falls to zero along a cosine."""
    clip: float | None = Field(default=None, gt=0.0)
    """Largest norm of a step's gradient; a longer one is shortened to it. By default none is."""
    averaging: float = Field(default=0.0, ge=0.0, lt=1.0)
    """Decay of the moving average of the weights over steps, such as 0.998 for a mean of some 500 steps. The
    averages are then what is validated and kept. 0: the weights of the last step are."""
    network: Name | None = None
    """For a model from random weights: one of `entities.networks`; by default `entities.network`."""
    layers: Literal["all", "head"] = "all"
    """What is trained: everything, or the heads alone, on encodings that are computed once."""
    objective: Literal["tags", "words", "sentences", "words+sentences"] = "tags"
    """What is learnt: the tags; on text without tags to recover masked words, to tell whether a sentence
    follows another, or both (Devlin et al. 2019)."""
    sampling: Literal["mixed", "turns"] = "mixed"
    """Of several data sets: the batches of all in one shuffled epoch (Zuo and Zhang 2020), or in each epoch
    one data set, drawn at random (Wang et al. 2019)."""
    labels: Literal["own", "unified", "masked"] = "own"
    """Of several data sets: a head each; one head for the types of all, which takes what a set does not
    annotate for no entity; or one head for which what a set does not annotate is unknown."""
    language_model: float = Field(default=0.0, ge=0.0)
    """Weight of the loss of predicting the next and the previous word, of encoder `lstm` (LBC)."""
    dictionary: DictionarySettings | None = None
    """Features from a dictionary, for a model from random weights."""
    steps: int | None = Field(default=None, ge=1)
    """Number of steps of the whole training, in place of passes: `epochs` then says in how many equal parts
    they are taken."""
    keep_test_curve: bool = False
    """Whether the scores on the test subsets after each epoch are written beside the model. They choose
    nothing: a table shows how much a choice by them would flatter."""

    @model_validator(mode="after")
    def _settings_go_together(self) -> TextRecipe:
        if self.objective != "tags":
            for name, plain in (("labels", "own"), ("dictionary", None), ("language_model", 0.0)):
                if getattr(self, name) != plain:
                    raise ValueError(f"'{name}' is for objective 'tags', not '{self.objective}'")
            if self.distillation or self.elastic:
                raise ValueError("'distillation' and 'elastic' are for objective 'tags'")
        if self.steps is not None and self.steps < self.epochs:
            raise ValueError("'steps' are fewer than 'epochs': each epoch needs a step")
        if self.steps is not None and self.sampling == "turns":
            raise ValueError("'steps' are for sampling 'mixed': with 'turns' an epoch is one data set")
        if self.layers == "head" and (self.dictionary or self.language_model or self.objective != "tags"):
            raise ValueError(
                "layers 'head' trains the heads of tags alone: it goes without 'dictionary', "
                "'language_model' and other objectives"
            )
        return self


class TextStrategySettings(StrategySettings):
    """A list of stages, each `data.recipe`; `source` and `target` stand for a transfer's data sets."""

    targets: list[Name] | None = Field(default=None, min_length=1)
    """For which targets it is run; by default all."""
    sources: list[Name] | None = Field(default=None, min_length=1)
    """For which sources it is run; by default all."""

    def is_for(self, source: str, target: str) -> bool:
        """Return whether it is run for a transfer."""
        return target in (self.targets or [target]) and source in (self.sources or [source])


class PairSettings(Strict):
    """One model of the matrix of pairs."""

    target: Name
    """The data set that is scored."""
    partner: Name | None
    """The data set that is trained along; None for the target alone."""
    budget: Literal["steps", "passes"]
    """What is equal: the steps of the training, or the passes over the target."""
    recipe: Name
    """The recipe."""

    @property
    def lineage(self) -> Lineage:
        """Its model."""
        names = [self.target, *([self.partner] if self.partner else [])]
        return Lineage((Stage(tuple(StageData(name) for name in sorted(names)), self.recipe),))


class EffectsSettings(Strict):
    """The effect of each data set as a partner of each other, as Crichton et al. (2017) print it.

    A model of the target alone is compared with one of the target and its partner. `steps` and `passes` are
    recipes: with `steps` both take the same number of steps, so that a large partner takes steps from the
    target; with `passes` both see the target equally often.
    """

    targets: list[Name] = Field(min_length=1)
    """The data sets that are scored."""
    partners: list[Name] = Field(min_length=1)
    """The data sets that are trained along, each with every target but itself."""
    steps: Name
    """The recipe of equal steps; it has `steps`."""
    passes: Name
    """The recipe of equal passes; it has none."""

    def pairs(self) -> list[PairSettings]:
        """Return every model of the matrix: each target alone and with each partner, by both recipes."""
        return [
            PairSettings(target=target, partner=partner, budget=budget, recipe=getattr(self, budget))
            for budget in ("steps", "passes")
            for target in self.targets
            for partner in (None, *(name for name in self.partners if name != target))
        ]


class EntitiesSettings(Strict):
    """The study of named entities."""

    seeds: Seeds | None = None
    """The seeds of this study; null: those of the run."""
    network: Name = "bilstm"
    """The network of recipes that name none: one of `networks`."""
    networks: dict[Name, TextNetworkSettings] = Field(min_length=1)
    """Every network by name."""
    transfers: list[TransferSettings] = Field(min_length=1)
    """Which data sets are sources and targets."""
    fractions: list[Percent] = Field(default=[25, 100], min_length=1)
    """Fractions of a target's training subset, in percent."""
    strategies: list[str] = Field(min_length=1)
    """Which of `strategy` are run, in the order of the tables; the first is the baseline."""
    strategy: dict[str, TextStrategySettings]
    """Every strategy by name."""
    recipe: dict[Name, TextRecipe]
    """Every recipe by name."""
    effects: EffectsSettings | None = None
    """The matrix of pairs; null: none."""
    levels: LevelsSettings | None = None
    """Chains of levels that end on one target, for the tables of levels; null: none."""
    export: str | None = None
    """The strategy whose tagger `snakemake export` writes: for the first target, at the largest fraction of
    its training subset, the seed with the best validation score; null: the best of all strategies."""
    allow_overlap: list[tuple[Name, Name]] = Field(default=[])
    """Pairs of data sets, the trained one first, whose overlap is accepted: the test subset of the second
    may hold sentences that the first is trained on. A run refuses other such pairs."""

    @property
    def sweep(self) -> None:
        """None: learning rates and numbers of steps are not swept here."""
        return None

    @property
    def further(self) -> list[Lineage]:
        """The models besides those of strategies: those of the matrix of pairs and of chains of levels."""
        pairs = [pair.lineage for pair in self.effects.pairs()] if self.effects else []
        return pairs + (list(self.levels.lineages.values()) if self.levels else [])

    def network_of(self, recipe: TextRecipe) -> str:
        """Return the network of a model that begins with a recipe: the one it names, or the first."""
        return recipe.network or self.network
