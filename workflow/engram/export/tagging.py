"""A user's own text to a table of its entities, by a trained tagger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from engram.config import ComputeSettings
from engram.core.errors import CheckpointError, ConfigurationError, TextError
from engram.data.text.tags import Span
from engram.export.given_text import GivenSentence
from engram.export.span_table import FoundSpan, open_spans
from engram.models.text.batch import sentences_of
from engram.models.text.files import load_tagger
from engram.models.text.tagger import Tagger
from engram.training.device import Device, choose_device

__all__ = ["TextTagger", "model_file", "tag_files"]

#: A tagger's file, in the folder of a run's model and in an exported one.
MODEL = "model.safetensors"


class TextTagger:
    """A tagger and the label set that it answers for.

    Parameters
    ----------
    path
        The model's folder or file.
    labels
        The label set; None where the tagger has one alone.
    threads
        Threads of the network.

    Raises
    ------
    CheckpointError
        If there is no tagger, or one that has learnt no tags.
    ConfigurationError
        If the label set is unknown, or must be chosen.
    """

    def __init__(self, path: Path, labels: str | None, threads: int) -> None:
        self._device: Device = choose_device(ComputeSettings(precision="fp32"), threads)
        self._tagger = load_tagger(model_file(path)).eval()
        self.labels = _chosen_labels(self._tagger, labels, path)
        self._device.place(self._tagger)

    def tag(self, sentences: Sequence[Sequence[str]]) -> list[list[Span]]:
        """Return the entities of each sentence, as places of words; of word classes each word."""
        batch = sentences_of(sentences, self._tagger.vocabulary)
        if self._tagger.lexicon is not None:
            batch = self._tagger.lexicon.add(batch, sentences)
        tags = self._tagger.tasks[self.labels]
        with torch.inference_mode():
            found = self._tagger.decode(self._device.send(batch), self.labels)
        if tags.kind == "tokens":
            return [
                [Span(tags.names[each], place, place + 1) for place, each in enumerate(row)] for row in found
            ]
        return [tags.decode(row) for row in found]


def model_file(path: Path) -> Path:
    """Return the file of a model that is given by its folder or as a file.

    Raises
    ------
    CheckpointError
        If no model is there.
    """
    file = path / MODEL if path.is_dir() else path
    if not file.is_file():
        raise CheckpointError(
            f"{path}: no {MODEL} is there. Give the folder of a tagger: one below results/entities/models, "
            "or the one that 'snakemake export' writes, such as results/export/tagger."
        )
    return file


def _chosen_labels(tagger: Tagger, labels: str | None, path: Path) -> str:
    known = tagger.tasks
    if not known:
        raise CheckpointError(
            f"{path}: this network has learnt no tags, only language. Give a model of a later stage."
        )
    if labels is None and len(known) == 1:
        return next(iter(known))
    if labels not in known:
        what = "it has several label sets" if labels is None else f"it has no label set '{labels}'"
        names = "; ".join(
            f"{name} ({', '.join(tags.types if tags.kind == 'entities' else tags.names)})"
            for name, tags in known.items()
        )
        raise ConfigurationError(f"{path}: {what}. Choose one by --labels: {names}.")
    return labels


def tag_files(
    files: Sequence[Path],
    tagger: TextTagger,
    read: Callable[[Path], list[GivenSentence]],
    output: Path,
    *,
    batch: int,
) -> tuple[Counter[str], list[str]]:
    """Tag ``files`` and write the table ``output``; memory holds one file.

    Parameters
    ----------
    read
        Returns the sentences of a file, or raises `TextError`.
    batch
        Sentences a step.

    Returns
    -------
    counts, broken
        ``files`` (tagged), ``sentences`` and ``spans``; and for each file that cannot be read what is wrong.
    """
    counts: Counter[str] = Counter()
    broken: list[str] = []
    with open_spans(output) as write:
        for path in tqdm(files, desc="tag", unit="file"):
            try:
                sentences = read(path)
            except TextError as error:
                broken.append(str(error))
                continue
            found = _tag_together([one.words for one in sentences], tagger, batch)
            rows = [_row(one, span) for one, spans in zip(sentences, found, strict=True) for span in spans]
            write(rows)
            counts.update(files=1, sentences=len(sentences), spans=len(rows))
    return counts, broken


def _tag_together(words: Sequence[Sequence[str]], tagger: TextTagger, batch: int) -> list[list[Span]]:
    """Return the entities of each sentence; sentences of about one length go through the network together."""
    order = sorted(range(len(words)), key=lambda place: len(words[place]))
    found: list[list[Span]] = [[] for _ in words]
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        for place, spans in zip(chosen, tagger.tag([words[place] for place in chosen]), strict=True):
            found[place] = spans
    return found


def _row(sentence: GivenSentence, span: Span) -> FoundSpan:
    start, end = sentence.places[span.start][0], sentence.places[span.end - 1][1]
    return FoundSpan(sentence.file, sentence.number, start, end, span.type, sentence.text[start:end])
