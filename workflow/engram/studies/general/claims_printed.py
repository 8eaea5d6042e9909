"""Printed figures as a basis of the general study's claims, and the rows that both bases have alike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from engram.reporting.claims import Basis
from engram.studies.general.evidence.collect import AVERAGE
from engram.studies.general.evidence.headings import COMBINED, RECONSTRUCTION, SOURCE
from engram.studies.general.methods import HEADINGS
from engram.studies.general.printed import read_printed

__all__ = ["COLUMNS", "count_row", "error_row", "printed_basis"]

#: Of the values that claims select.
COLUMNS = ["what", "task", "predicted", "method", "label", "value", "unit", "better", "condition"]
#: Unit and direction of a printed metric.
_PRINTED_METRICS = {
    "Acc": ("%", 1),
    "Accuracy": ("%", 1),
    "MAE": ("", -1),
    "ER": ("%", -1),
    "Error rate": ("%", -1),
}


def printed_basis() -> Basis:
    """Return the printed figures, which have no intervals."""
    rows = [*_printed_transfer(), *_printed_operators(), *_printed_source(), *_printed_reconstruction()]
    rows += _printed_parameters()
    values = pd.DataFrame(rows, columns=COLUMNS).fillna({"condition": ""})

    note = (
        "A check of our transcription: so many of the figures stand in the claimed order. They have no "
        "intervals, so there is no verdict. Sizes of h_G and times are printed as curves without numbers."
    )
    return Basis("printed", "the printed figures", note, values, digits=2)


def error_row(encoder: str, name: str, label: str, value: float) -> dict:
    """Return the row of an operator's error on an encoder's embeddings."""
    return {
        "what": "reconstruction",
        "task": encoder,
        "predicted": "",
        "method": name,
        "label": label,
        "value": value,
        "unit": "",
        "better": -1,
    }


def count_row(method: str, value: float) -> dict:
    """Return the row of a method's number of parameters."""
    return {
        "what": "parameters",
        "task": "all",
        "predicted": "",
        "method": method,
        "label": f"the network of {HEADINGS[method]}",
        "value": value,
        "unit": "",
        "better": -1,
    }


def _printed_row(what: str, title: str, metric: str, method: str, value: float) -> dict:
    unit, better = _PRINTED_METRICS[metric]
    return {
        "what": what,
        "task": title,
        "predicted": _printed_label(title),
        "method": method,
        "label": HEADINGS[method],
        "value": value,
        "unit": unit or ("levels" if title.startswith("Pain") else "years"),
        "better": better,
    }


def _printed_label(title: str) -> str:
    """Return the label of a printed task; the claims select objects only."""
    return "object" if title.startswith("Object") else ""


def _printed_transfer() -> Iterator[dict]:
    methods = {heading: name for name, heading in HEADINGS.items()}
    for row in read_printed("transfer").itertuples(index=False):
        if row.representation in methods:
            found = _printed_row(
                "transfer", row.knowledge, row.metric, methods[row.representation], row.value
            )
            yield found | {"condition": row.note}


def _printed_operators() -> Iterator[dict]:
    """Yield the printed figures of Table 6; its AE is h_G, which Table 3 has as well."""
    metrics = read_printed("transfer").groupby("knowledge")["metric"].first()
    for row in read_printed("operators").to_dict("records"):
        for method, heading in COMBINED.items():
            if method != "h_g" and heading in row:
                yield _printed_row(
                    "transfer", row["knowledge"], metrics[row["knowledge"]], method, row[heading]
                )


def _printed_source() -> Iterator[dict]:
    for row in read_printed("source").to_dict("records"):
        for method, heading in SOURCE.items():
            if heading:
                yield _printed_row("source", row["knowledge"], row["metric"], method, row[heading])


def _printed_reconstruction() -> Iterator[dict]:
    for row in read_printed("reconstruction").to_dict("records"):
        name = AVERAGE if row["embedding"] == "Average" else row["embedding"]
        for operator, heading in RECONSTRUCTION.items():
            if heading in row and not np.isnan(row[heading]):
                yield error_row(name, operator, heading, row[heading])


def _printed_parameters() -> list[dict]:
    counts = read_printed("parameters").set_index("network")["parameters"]
    teacher = counts["source encoders"] + counts["E_G"]
    return [count_row("h_unique", counts["E_unique"]), count_row("h_g", teacher)]
