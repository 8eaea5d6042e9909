"""What tables say of a text without its words: sizes and unseen mentions; and the few sentences that are
shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from engram.config import Settings
from engram.config.base import JobParams
from engram.core.files import atomic_path, write_text
from engram.data.manifest import SUBSETS
from engram.data.split import Split, read_split
from engram.data.text.store import TextStore
from engram.data.text.tags import Span, pack
from engram.runtime.job_spec import NamedFiles

__all__ = ["MentionParams", "count_mentions"]

#: So many test sentences, of those that hold an entity, may be shown, where the licence allows it.
SHOWN = 120


class MentionParams(JobParams):
    """What the facts of a text depend on."""

    dataset: str
    show_text: bool

    @classmethod
    def from_settings(cls, settings: Settings, dataset: str) -> MentionParams:
        """Pick them from a configuration."""
        shown = settings.texts[dataset].show_text
        return cls(results=settings.results, dataset=dataset, show_text=shown)


def count_mentions(inputs: NamedFiles, outputs: NamedFiles, params: MentionParams) -> None:
    """Write ``sizes.csv``, ``mentions.parquet`` and ``shown.parquet`` of a text.

    - ``sizes.csv``, a row a subset (of folds the first): ``unit`` (``sentence`` where no document is known),
      number of types, documents, sentences, tokens, mentions.
    - ``mentions.parquet``, a row a test sentence of labelled entities: ``row``, ``mentions`` (packed spans)
      and ``seen``, a character a mention, 1 where its words stand as a mention in the training subset too,
      whatever their case and type.
    - ``shown.parquet``: ``row`` and ``words`` of sentences that pages may show; none without ``show_text``.
    """
    store = TextStore.load(Path(inputs.store[0]).parent)
    split = read_split(Path(inputs.split))
    sizes = pd.DataFrame([_sizes(store, split, subset) for subset in SUBSETS])
    write_text(outputs.sizes, sizes.to_csv(index=False, lineterminator="\n"))
    mentions = _mentions(store, split)
    shown = _shown(store, mentions) if params.show_text else []
    words = [store.words(row) for row in shown]
    frame = pd.DataFrame({"row": np.array(shown, np.int64), "words": pd.Series(words, dtype=object)})
    for path, table in ((outputs.mentions, mentions), (outputs.shown, frame)):
        with atomic_path(path) as temporary:
            table.to_parquet(temporary, index=False)


def _sizes(store: TextStore, split: Split, subset: str) -> dict[str, str | int]:
    rows = split.rows(subset)
    alone = {"all", subset} & {*store.without_documents}
    return {
        "subset": subset,
        "unit": "sentence" if alone else "document",
        "types": len(store.types),
        "documents": int(store.index["subject"].iloc[rows].nunique()),
        "sentences": len(rows),
        "tokens": int(store.index["length"].iloc[rows].sum()),
        "mentions": sum(len(store.entities(row)) for row in rows.tolist()),
    }


def _mentions(store: TextStore, split: Split) -> pd.DataFrame:
    """Return the mentions of each test sentence, and which of them training has."""
    if store.kind != "entities":
        return pd.DataFrame({"row": np.array([], np.int64), "mentions": [], "seen": []}).astype(
            {"mentions": "str", "seen": "str"}
        )
    known = {
        words for row in split.rows("train").tolist() for words in _names(store, row, store.entities(row))
    }
    tested = split.tested()["row"].unique().tolist()
    found = [(row, sorted(store.entities(row), key=lambda span: span.start)) for row in tested]
    seen = ["".join(str(int(name in known)) for name in _names(store, row, spans)) for row, spans in found]
    return pd.DataFrame(
        {
            "row": np.array(tested, np.int64),
            "mentions": [pack(spans) for _, spans in found],
            "seen": pd.Series(seen, dtype="str"),
        }
    )


def _names(store: TextStore, row: int, spans: Iterable[Span]) -> Iterable[tuple[str, ...]]:
    """Yield the words of mentions, in lower case: what a dictionary would hold."""
    words = [word.lower() for word in store.words(row)]
    for span in spans:
        yield tuple(words[span.start : span.end])


def _shown(store: TextStore, mentions: pd.DataFrame) -> list[int]:
    """Return the rows of test sentences with entities, spread evenly over the subset."""
    rows = mentions["row"][mentions["mentions"] != ""].to_numpy()
    places = np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).round().astype(int)
    return rows[places].tolist() if len(rows) else []
