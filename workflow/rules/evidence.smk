# From predictions and records to tables, figures and checked claims; no torch.
# Needs: results/evaluations/, results/models/**/record.json, results/data/*/{record.json, split.csv}.
# Makes: results/tables/, results/figures/.

EVIDENCE_FIGURES = []


rule tables:
    input:
        expand(LAYOUT.predictions("{dataset}"), dataset=DATASETS),
