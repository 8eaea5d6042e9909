"""How well the source embeddings can be recovered from each operator's code and from each student:
normalised RMSE on unlabelled test faces, beside random embeddings.

Table 5 of Vielzeuf et al. (2019).
"""

from __future__ import annotations

import pandas as pd

from engram.reporting.tables import Cell, Table, View
from engram.studies.general.evidence.collect import AVERAGE, GeneralEvidence
from engram.studies.general.evidence.headings import RECONSTRUCTION, recorded_name
from engram.studies.general.evidence.metrics import Metric
from engram.studies.general.evidence.notes import interval_note, origin_notes, printed_note, training_note
from engram.studies.general.printed import read_printed
from engram.studies.general.tables._results import EMPTY, value_cell

__all__ = ["TABLE"]

_RMSE = Metric("RMSE", "", -1, 2)
#: How the published names of source tasks begin, and the embeddings' names in Table 5.
_EMBEDDINGS = {
    "Expr": "Expr",
    "Identity": "Identity",
    "Object": "Object",
    "AgeR": "Age",
    "Attrib": "Attrib",
    "Gender": "Gender",
}


def _frame(evidence: GeneralEvidence) -> pd.DataFrame:
    """Return one row an encoder and operator or student.

    Columns: encoder (the last is their average), label (what it predicts), operator, seeds, n (faces),
    subjects, value, low, high (normalised RMSE: 1 is what the mean face would have) and published.
    """
    faces, subjects = evidence.reconstructed
    rows = []
    for encoder, scores in evidence.reconstruction.items():
        settings = evidence.general.encoders.get(encoder)
        for operator in RECONSTRUCTION:
            name = recorded_name(operator)
            if name not in scores:
                continue
            estimate = scores.of(name)
            rows.append(
                {
                    "encoder": encoder,
                    "label": settings.task if settings else "",
                    "operator": operator,
                    "seeds": len(evidence.params.seeds),
                    "n": faces,
                    "subjects": subjects,
                    "value": estimate.value,
                    "low": estimate.low,
                    "high": estimate.high,
                    "published": _published_rmse(evidence, encoder, operator),
                }
            )
    return pd.DataFrame(rows)


def _published_rmse(evidence: GeneralEvidence, encoder: str, operator: str) -> float:
    """Return the printed RMSE of an embedding, if every encoder is the published one."""
    table = read_printed("reconstruction").set_index("embedding")
    names = {name: settings.published for name, settings in evidence.general.encoders.items()}
    # A reconstruction is one of all embeddings together: with one other encoder no figure compares.
    kinds = {name: (words or "").partition("-")[0] for name, words in names.items()}
    kinds = {name: _EMBEDDINGS.get(kind, "") for name, kind in kinds.items()}
    column = RECONSTRUCTION[operator]
    if set(kinds.values()) != {*_EMBEDDINGS.values()} or column not in table:
        return float("nan")
    return float(table[column]["Average" if encoder == AVERAGE else kinds[encoder]])


def _view(frame: pd.DataFrame, evidence: GeneralEvidence) -> View:
    first = frame.iloc[0]
    best = frame.groupby("encoder")["value"].min()
    cells = {
        (row.encoder, row.operator): value_cell(row, best[row.encoder], _RMSE)
        for row in frame.itertuples(index=False)
    }
    columns = list(dict.fromkeys(frame["operator"]))
    notes = [
        "Root mean squared error of standardised embeddings: 1 is what their mean would have. Random: "
        "embeddings drawn uniformly, with the right mean and spread. E_MT and E_unique are students, which "
        "see the face alone; a decoder is trained anew on what each gives, its lengths kept. AE "
        "balanced: the loss gives every source embedding the same weight, and not every value.",
        interval_note(evidence, "In bold: the best of each row."),
        f"Tested on {first['n']:,} held-out faces of {first['subjects']:,} subjects.",
        training_note(evidence),
    ]
    return View(
        caption="Reconstruction of the source embeddings: normalised RMSE on unlabelled test faces.",
        header=[("embedding",), *((RECONSTRUCTION[name],) for name in columns)],
        rows=[
            [Cell(encoder), *(cells.get((encoder, name), EMPTY) for name in columns)]
            for encoder in dict.fromkeys(frame["encoder"])
        ],
        notes=[*notes, *origin_notes(evidence), *printed_note(frame, "reconstruction")],
        wide=True,
        stacked=True,
    )


TABLE = Table(_frame, _view, keys=("encoder", "operator"))
