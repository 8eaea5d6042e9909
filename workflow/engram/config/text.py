"""Settings of texts: where they are, how their tags are read, and how drawn ones are drawn."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from engram.config.base import PathText, Strict
from engram.config.data import SplitSettings
from engram.config.registered import TextLookName, TextReaderName

__all__ = ["DrawnTextSettings", "TextSettings"]

PerMille = Annotated[int, Field(ge=0, le=1000)]


class DrawnTextSettings(Strict):
    """How a text is drawn. The same values give the same bytes everywhere."""

    look: TextLookName
    """The domain, a file of `data/synthetic/text/looks`: its topics, sentences, names and tags. `general` and
    `abstracts` have no tags, `pos` has parts of speech."""
    documents: int = Field(ge=3)
    """Number of documents to train on, of 4 to 8 sentences each."""
    validation_documents: int = Field(default=30, ge=1)
    """Number of further documents to validate on (`split: {scheme: official}`)."""
    test_documents: int = Field(default=200, ge=1)
    """Number of further documents to test on."""
    seed: int = Field(default=1, ge=0)
    """Seed of the drawing."""
    unseen_names: PerMille = 0
    """Of a thousand mentions of each type in validation and test documents, how many have a name that no
    training document has. With `ambiguous_names` at most 1000."""
    ambiguous_names: PerMille = 0
    """Of a thousand mentions of genes and of diseases, how many have an acronym that stands for a gene in one
    document and for a disease in another: only the words around it tell them apart."""
    guideline_shift: PerMille = 0
    """Of a thousand entities with a noun behind the name ("the BRK-7 gene"), how many include the noun."""
    partial_annotation: PerMille = 0
    """Of a thousand entities of training documents, how many carry no tag, as if nobody had seen them."""
    wrong_labels: PerMille = 0
    """Of a thousand tagged entities of training documents, how many have a border one token off or another
    type; of `pos`, of a thousand tokens, how many have a wrong part of speech."""
    overlap: PerMille = 0
    """Of a thousand documents, how many are shared with a neighbour if that has `overlap` too: those tested
    on in `genes` are trained on in `chemicals`, theirs in `diseases`, and so on to `species`, `clinic`, `pos`
    and back to `genes`."""


class TextSettings(Strict):
    """One text: where it is, how it is read and how its documents are split."""

    title: str
    """Its name in tables and figures."""
    reader: TextReaderName
    """Which layout it has: `conll` (columns), `brat` (standoff), `ccks` (Chinese clinical records),
    `manifest` (a folder with a `manifest.csv`), or `drawn`."""
    root: PathText | None = None
    """Its folder, relative to `data_root`; not for drawn text."""
    drawn: DrawnTextSettings | None = None
    """How to draw it, for reader `drawn`."""
    kind: Literal["entities", "tokens", "language"] = "entities"
    """What it is labelled with: spans of entities, one class a token (parts of speech), or nothing."""
    scheme: Literal["iob2", "iobes", "bilou", "bmes", "iob1"] = "iob2"
    """How its files tag entities. `iobes` (also called BIOES) has E for the last token of an entity and S for
    a single one, `bilou` has L and U for them, and `bmes` is `iobes` with M for I; in `iob1` an entity begins
    with I unless it follows another of its type."""
    column: int = Field(default=0, ge=0)
    """Which column of its files holds the tag, counted from 1; 0 is the last."""
    token_column: int = Field(default=1, ge=1)
    """Which column of its files holds the token, counted from 1."""
    encoding: str = "utf-8"
    """Encoding of its files."""
    types: list[str] | None = Field(default=None, min_length=1)
    """The types of entities to keep, all others count as `O`; by default all."""
    repeated_documents: Literal["refuse", "separate", "drop"] = "refuse"
    """What to do where sentences of one document stand in two of the owners' subsets. `refuse` stops,
    `separate` makes a document of each subset's sentences, `drop` keeps those of the test subset, else of
    the validation subset, and leaves out the others."""
    sentences: int | None = Field(default=None, ge=1)
    """How many sentences of each of the owners' subsets are read, by whole documents from the first on, at
    least three documents; by default all."""
    split: SplitSettings = SplitSettings()
    """Its subsets; documents are kept apart as subjects are."""
    published: str | None = None
    """Its name in the published tables, if it is that very data set."""
    show_text: bool = False
    """Whether its licence allows its sentences in figures and pages."""
    source: str = ""
    """Where it is requested or published, for the error message when it is missing and for the cards."""

    @model_validator(mode="after")
    def _settings_go_together(self) -> TextSettings:
        if (self.reader == "drawn") != (self.drawn is not None):
            raise ValueError("'drawn' settings and reader 'drawn' go together: give both or neither")
        if (self.reader == "drawn") == (self.root is not None):
            raise ValueError("every reader but 'drawn' needs 'root', the text's folder")
        if self.types is not None and self.kind != "entities":
            raise ValueError("'types' are types of entities: they are for kind 'entities' alone")
        if self.split.scheme in ("published", "leave_one_out"):
            raise ValueError(
                f"scheme '{self.split.scheme}' is not for texts: use subject, official or official_test"
            )
        if self.column == self.token_column:
            raise ValueError(
                f"column {self.column} is the token: give the column of the tag, or 0 for the last"
            )
        return self
