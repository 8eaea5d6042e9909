# Tracking, model cards and publishing: one job each, because parallel writers break SQLite and
# DVC's lock. And the way back, from published results to tables and figures.
# Needs: records, predictions, models, tables, figures; `rebuild` needs published/ alone.
# Makes: MLflow runs, results/{cards/, tracked.json, published.json, rebuilt/}, published/, results.dvc.

from engram.sharing.places import card_path, described_models, published_contents

CARDS = [card_path(LAYOUT, lineage) for lineage in described_models(SETTINGS)]
EVALUATION_RECORDS = [LAYOUT.evaluation_record(name) for name in DATASETS]


localrules:
    track,
    publish,


rule track:
    input:
        **SHARED,
        evaluations=EVALUATION_RECORDS,
        code=code("track"),
    output:
        LAYOUT.root / "tracked.json",
    log:
        LOGS / "track.log",
    conda:
        "../../envs/engram.yaml"
    params:
        share=SETTINGS.share.model_dump(include={"mlflow_uri", "experiment"}),
        study=describe_evidence(),
        general=DESCRIBED_GENERAL,
    script:
        "../scripts/track.py"


rule model_cards:
    input:
        **ANSWERS,
        models=MODELS,
        matrix=LAYOUT.tables / "memory_matrix.csv",
        code=code("model_cards"),
    output:
        CARDS,
    log:
        LOGS / "model_cards.log",
    benchmark:
        LOGS / "model_cards.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        evidence=describe_evidence(),
    script:
        "../scripts/model_cards.py"


rule publish:
    input:
        **SHARED,
        evaluations=EVALUATION_RECORDS,
        models=MODELS,
        tables=ALL_TABLES,
        figures=ALL_FIGURES + CONTACT_SHEETS,
        exported=EXPORTED,
        cards=CARDS,
        code=code("publish"),
    output:
        LAYOUT.root / "published.json",
    log:
        LOGS / "publish.log",
    conda:
        "../../envs/engram.yaml"
    params:
        configuration=SETTINGS.model_dump(mode="json"),
    script:
        "../scripts/publish.py"


rule rebuild:
    input:
        published=lambda wildcards: published_contents(LAYOUT),
        code=code("rebuild"),
    output:
        directory(LAYOUT.root / "rebuilt"),
    log:
        LOGS / "rebuild.log",
    benchmark:
        LOGS / "rebuild.jsonl"
    conda:
        "../../envs/engram.yaml"
    script:
        "../scripts/rebuild.py"
