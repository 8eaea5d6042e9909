"""Facts of texts: sizes, unseen mentions, and shown sentences, from a small stored text."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from engram.data.split import write_split
from engram.data.text.jobs import text_files
from engram.data.text.store import write_text
from engram.studies.entities.mentions import MentionParams, count_mentions

_TRAIN = [(["BRK-7", "binds", "Ras"], ["B-gene", "O", "B-gene"]), (["no", "gene"], ["O", "O"])]
_TEST = [
    (["brk-7", "and", "p53"], ["B-gene", "O", "B-gene"]),
    (["nothing", "here"], ["O", "O"]),
    (["Ras", "binds"], ["B-gene", "I-gene"]),
]


def _write(folder, *, show_text: bool, kind: str = "entities"):
    rows = [
        {
            "sentence": f"{subset}.tsv:{place}",
            "subject": f"{subset}-{place // 2}",
            "official_split": subset,
            "x_sentence": place % 2,
            "tokens": tokens,
            "tags": tags if kind == "entities" else None,
        }
        for subset, sentences in (("train", _TRAIN), ("validation", _TRAIN), ("test", _TEST))
        for place, (tokens, tags) in enumerate(sentences)
    ]
    manifest = pd.DataFrame(rows)
    write_text(folder / "text", manifest, kind)
    table = manifest[["subject"]].assign(
        row=range(len(rows)), subset=manifest["official_split"], rank=range(len(rows))
    )
    write_split(folder / "split.csv", table)
    outputs = SimpleNamespace(
        sizes=folder / "sizes.csv", mentions=folder / "mentions.parquet", shown=folder / "shown.parquet"
    )
    inputs = SimpleNamespace(store=text_files(folder / "text"), split=folder / "split.csv")
    count_mentions(inputs, outputs, MentionParams(results=str(folder), dataset="toy", show_text=show_text))
    return (
        pd.read_csv(outputs.sizes).set_index("subset"),
        pd.read_parquet(outputs.mentions),
        pd.read_parquet(outputs.shown),
    )


def test_a_mention_is_seen_whatever_its_case(tmp_path):
    """`brk-7` stands in training as `BRK-7`; `p53` and the longer `Ras binds` do not."""
    _, mentions, _ = _write(tmp_path, show_text=True)
    assert mentions["mentions"].tolist() == ["0:1:gene 2:3:gene", "", "0:2:gene"]
    assert mentions["seen"].tolist() == ["10", "", "0"]


def test_sizes_count_each_subset(tmp_path):
    """Documents, sentences, tokens, mentions."""
    sizes, _, _ = _write(tmp_path, show_text=True)
    columns = ["documents", "sentences", "tokens", "mentions", "types"]
    assert sizes.loc["train", columns].tolist() == [1, 2, 5, 2, 1]
    assert sizes.loc["test", columns].tolist() == [2, 3, 7, 3, 1]


@pytest.mark.parametrize("show_text", [True, False])
def test_words_are_kept_only_where_they_may_be_shown(tmp_path, show_text):
    """Sentences with entities, and none without the licence."""
    _, _, shown = _write(tmp_path, show_text=show_text)
    assert [list(words) for words in shown["words"]] == [_TEST[0][0], _TEST[2][0]] * show_text
    assert shown["row"].tolist() == [4, 6] * show_text


def test_unlabelled_text_has_sizes_alone(tmp_path):
    """No mentions, no shown sentences."""
    sizes, mentions, shown = _write(tmp_path, show_text=True, kind="language")
    assert sizes["mentions"].sum() == 0
    assert len(mentions) == len(shown) == 0
