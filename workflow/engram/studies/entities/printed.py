"""Printed figures of the papers behind the study, in percent, as far as they could be found.

The result tables of Zuo and Zhang (2020), Berezin and Bondarenko, Wang Q. et al. (2019) and Hung and Chang
(2021) could not: their claims are judged on our data alone.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from engram.reporting.published import read_published

__all__ = ["NOT_FOUND", "printed_effect", "printed_f1", "printed_pairs", "printed_tasks", "read_printed"]

#: The columns of each printed table, and how many of the first name a row.
_TABLES = {
    "crichton": (("set", "model", "f1", "checked", "source"), 2),
    "effects": (("target", "partner", "f1"), 2),
    "sizes": (("set", "training_sentences", "training_entities", "test_sentences", "test_entities"), 1),
    "wang": (("model", "set", "f1"), 2),
    "anchors": (("system", "set", "types", "f1"), 3),
    "rurebus": (("team", "f1"), 1),
}

NOT_FOUND = (
    "Printed figures are those of Crichton et al. (2017) and Wang X. et al. (2019). The result tables of "
    "Zuo and Zhang (2020), Berezin and Bondarenko, Wang Q. et al. (2019) and Hung and Chang (2021) could "
    "not be found: their claims have no printed figures here."
)
#: The single-task model that MTM-CW is compared with.
_SINGLE_OF_WANG = "Liu et al. 2018 (LM-LSTM-CRF single task)"
#: Strategy of ours -> printed table and model whose F1 stands beside it.
_BESIDE = {"ST": ("crichton", "single"), "MTM": ("wang", "MTM-CW")}
#: Printed model -> the strategy of ours that is nearest.
_STRATEGIES = {"single": "ST", "multi": "MTL-BC", "MTM-CW": "MTM", _SINGLE_OF_WANG: "ST"}


def read_printed(table: str) -> pd.DataFrame:
    """Return a printed table, such as ``crichton``; see `engram.reporting.published`."""
    return read_published(Path(__file__).with_name("published") / f"{table}.csv", *_TABLES[table])


def printed_f1(strategy: str, dataset: str | None) -> float:
    """Return the printed F1 that stands beside a strategy on a set, by its published name; NaN for none."""
    if dataset is None or strategy not in _BESIDE:
        return float("nan")
    table, model = _BESIDE[strategy]
    return _found(read_printed(table), model=model, set=dataset)


def printed_effect(target: str | None, partner: str | None) -> float:
    """Return by how many points a partner changes the printed F1 of a target, by published names."""
    pair = _found(read_printed("effects"), target=target, partner=partner)
    return pair - _found(read_printed("crichton"), set=target, model="single")


def printed_tasks() -> pd.DataFrame:
    """Return the printed figures of single-task and multi-task models.

    Columns: ``paper``, ``target`` (the set), ``strategy`` (the one of ours that is nearest), ``value``.
    """
    tables = {"Crichton et al. (2017)": "crichton", "Wang X. et al. (2019)": "wang"}
    found = pd.concat([read_printed(name).assign(paper=paper) for paper, name in tables.items()])
    found = found.assign(strategy=found["model"].map(_STRATEGIES), target=found["set"], value=found["f1"])
    return found.dropna(subset=["strategy"])[["paper", "target", "strategy", "value"]].reset_index(drop=True)


def printed_pairs() -> pd.DataFrame:
    """Return, for each target, its printed F1 with the largest and with the smallest partner.

    Columns: ``target``, ``partner``, ``size`` (``large`` or ``small``, by training sentences), ``value``.
    Sets whose training file was not at hand are no partners.
    """
    sizes = read_printed("sizes").set_index("set")["training_sentences"]
    found = read_printed("effects")
    found = found[found["partner"].isin(sizes.index)].assign(value=lambda table: table["f1"])
    sentences = found["partner"].map(sizes)
    parts = []
    for _, part in sentences.groupby(found["target"], sort=False):
        places = {"large": part.idxmax(), "small": part.idxmin()}
        parts += [found.loc[[place]].assign(size=size) for size, place in places.items()]
    return pd.concat(parts, ignore_index=True)[["target", "partner", "size", "value"]]


def _found(table: pd.DataFrame, **wanted: str | None) -> float:
    for column, value in wanted.items():
        table = table[table[column] == value]
    return float(table["f1"].iloc[0]) if len(table) else float("nan")
