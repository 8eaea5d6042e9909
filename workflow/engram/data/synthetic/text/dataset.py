"""A whole drawn text and its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engram.config import DrawnTextSettings
from engram.core.errors import ConfigurationError
from engram.core.files import write_text
from engram.data.synthetic.text.annotation import Guidelines, annotate, annotate_tokens
from engram.data.synthetic.text.casting import HeldOutCasting, TrainingCasting, Used
from engram.data.synthetic.text.document import Document, write_document
from engram.data.synthetic.text.looks import LOOKS, Look
from engram.data.synthetic.text.sharing import NEIGHBOUR, shared_documents
from engram.data.synthetic.text.stream import Stream

__all__ = ["Subset", "compose", "draw_text"]

#: How often a held-out document is written that has a sentence of another subset.
_TRIES = 50


@dataclass(frozen=True)
class Subset:
    """The documents of a subset, and the tags of its sentences, one after another; None if unlabelled."""

    documents: tuple[Document, ...]
    tags: tuple[Sequence[str], ...] | None

    @property
    def sentences(self) -> list[list[str]]:
        """Return the words of each sentence."""
        return [[*forms] for forms in _sentences(self.documents)]


def draw_text(settings: DrawnTextSettings, folder: Path) -> None:
    """Draw a text into ``folder``: a file of columns for each subset, and ``documents.tsv``.

    A line is a token and, but for unlabelled text, a tab and its tag; a blank line ends a sentence. The same
    settings give the same bytes on every machine.

    Raises
    ------
    ConfigurationError
        If the difficulties exclude each other.
    """
    listing = ["subset\tfirst_sentence\tdocument"]
    for name, subset in compose(settings).items():
        write_text(Path(folder) / f"{name}.tsv", _columns(subset))
        first = 0
        for document in subset.documents:
            listing.append(f"{name}\t{first}\t{document.name}")
            first += len(document.sentences)
    write_text(Path(folder) / "documents.tsv", "\n".join(listing) + "\n")


def compose(settings: DrawnTextSettings) -> dict[str, Subset]:
    """Return the subsets of a drawn text; see :func:`draw_text`."""
    _check(settings)
    look = LOOKS[settings.look]
    used = Used()
    training = TrainingCasting(used, settings.ambiguous_names, settings.documents)
    documents = {"train": _training_documents(settings, training)}
    known = {*_sentences(documents["train"])}
    for name, count in (("devel", settings.validation_documents), ("test", settings.test_documents)):
        casting = HeldOutCasting(used, settings.ambiguous_names, settings.unseen_names)
        documents[name] = _held_out_documents(settings, name, count, casting, known)
    if settings.overlap:
        _share(settings, documents)
    return {
        name: Subset(tuple(found), _tags(settings, look, name, found)) for name, found in documents.items()
    }


def _training_documents(settings: DrawnTextSettings, casting: TrainingCasting) -> list[Document]:
    return [
        write_document(LOOKS[settings.look], *_begun(settings, "train", number), casting)
        for number in range(settings.documents)
    ]


def _held_out_documents(
    settings: DrawnTextSettings, subset: str, count: int, casting: HeldOutCasting, known: set[tuple[str, ...]]
) -> list[Document]:
    """Return documents without a sentence that is known from other subsets; then theirs are known too."""
    found = []
    for number in range(count):
        for trial in range(_TRIES):
            own = casting.copy()
            document = write_document(
                LOOKS[settings.look], *_begun(settings, subset, number, trial), own, known
            )
            if known.isdisjoint(sentence.forms for sentence in document.sentences):
                break
        casting = own
        found.append(document)
    known.update(_sentences(found))
    return found


def _sentences(documents: Sequence[Document]) -> Iterator[tuple[str, ...]]:
    return (sentence.forms for document in documents for sentence in document.sentences)


def _begun(settings: DrawnTextSettings, subset: str, number: int, trial: int = 0) -> tuple[str, Stream]:
    """Return a document's name, and where its random numbers come from in one of several trials."""
    look = settings.look
    again = (f"trial {trial}",) if trial else ()
    return f"{look}-{subset}-{number:04d}", Stream("text", look, settings.seed, subset, number, *again)


def _share(settings: DrawnTextSettings, documents: dict[str, list[Document]]) -> None:
    """Put shared documents in place of the last ones: own ones into test, the neighbour's into training."""
    for subset, look in (("train", NEIGHBOUR.get(settings.look, settings.look)), ("test", settings.look)):
        own = documents[subset]
        count = (len(own) * settings.overlap + 500) // 1000
        shared = shared_documents(look, count)
        own[len(own) - count :] = shared


def _tags(
    settings: DrawnTextSettings, look: Look, subset: str, documents: Sequence[Document]
) -> tuple[Sequence[str], ...] | None:
    """Return the tags of a subset: what training lacks or has wrong, validation and test have right."""
    sentences = [sentence for document in documents for sentence in document.sentences]
    stream = Stream("text", settings.look, settings.seed, subset, "annotation")
    wrong = settings.wrong_labels if subset == "train" else 0
    if look.kind == "language":
        return None
    if look.kind == "tokens":
        return tuple(annotate_tokens(sentences, wrong, stream))
    unmarked = settings.partial_annotation if subset == "train" else 0
    guidelines = Guidelines(look.types, settings.guideline_shift, unmarked, wrong)
    return tuple(annotate(sentences, guidelines, stream))


def _columns(subset: Subset) -> str:
    tags = subset.tags
    if tags is None:
        return "".join("\n".join(words) + "\n\n" for words in subset.sentences)
    return "".join(
        "".join(f"{word}\t{tag}\n" for word, tag in zip(words, found, strict=True)) + "\n"
        for words, found in zip(subset.sentences, tags, strict=True)
    )


def _check(settings: DrawnTextSettings) -> None:
    if settings.unseen_names + settings.ambiguous_names > 1000:
        raise ConfigurationError(
            f"A drawn text of look '{settings.look}' cannot have {settings.unseen_names} per mille unseen "
            f"and {settings.ambiguous_names} per mille ambiguous names: training shows those. Lower one."
        )
