# Tracking, model cards, the report and publishing: one job each, because parallel writers break SQLite
# and DVC's lock. And the way back: `rebuild` makes tables and figures from published predictions and
# records, `reevaluate` predictions from published models; both pull what they need.
# Needs: records, predictions, models, tables, figures; the way back needs results.dvc or, in published/, what
# a bundle calls results (that has no models); `reevaluate` needs faces.
# Makes: MLflow runs, published/, results.dvc, results/{cards/, tracked.json, report.html, published.json,
# pulled.json, rebuilt/, reevaluated/, bundle/, bundle.zip}.

from engram.publishing.places import card_path, described_models, find_published, published_configuration

CARDS = [card_path(LAYOUT, lineage) for lineage in described_models(SETTINGS)]
EVALUATION_RECORDS = [LAYOUT.evaluation_record(name) for name in DATASETS]


localrules:
    track,
    write_report,
    publish,
    rebuild,
    pull_models,


rule track:
    input:
        **SHARED,
        evaluations=EVALUATION_RECORDS,
        exported=EXPORTED,
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


rule write_report:
    input:
        parts=[*STUDIES.values(), CONTACT_SHEETS, CARDS, EXPORTED, rules.track.output],
        captions=sorted(map(str, Path("workflow/report").glob("*.rst"))),
        code=code("write_report"),
    output:
        LAYOUT.root / "report.html",
    log:
        LOGS / "write_report.log",
    conda:
        "../../envs/engram.yaml"
    script:
        "../scripts/write_report.py"


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
        configuration=published_configuration(SETTINGS),
        remote=SETTINGS.share.dvc_remote,
    script:
        "../scripts/publish.py"


rule bundle:
    input:
        **SHARED,
        evaluations=EVALUATION_RECORDS,
        tables=ALL_TABLES,
        figures=ALL_FIGURES + CONTACT_SHEETS,
        exported=EXPORTED,
        cards=CARDS,
        environment=["envs/requirements.txt", "envs/engram.yaml"],
        code=code("bundle"),
    output:
        # No directory(): Snakemake would leave a file of its own in it.
        LAYOUT.root / "bundle" / "ro-crate-metadata.json",
        LAYOUT.root / "bundle.zip",
    log:
        LOGS / "bundle.log",
    conda:
        "../../envs/engram.yaml"
    params:
        configuration=published_configuration(SETTINGS),
    script:
        "../scripts/bundle.py"


rule rebuild:
    input:
        published=lambda wildcards: find_published(LAYOUT),
        code=code("rebuild"),
    output:
        directory(LAYOUT.root / "rebuilt"),
    log:
        LOGS / "rebuild.log",
    benchmark:
        LOGS / "rebuild.jsonl"
    conda:
        "../../envs/engram.yaml"
    threads: 4
    script:
        "../scripts/rebuild.py"


rule pull_models:
    input:
        published=lambda wildcards: find_published(LAYOUT),
        code=code("pull_models"),
    output:
        LAYOUT.root / "pulled.json",
    log:
        LOGS / "pull_models.log",
    conda:
        "../../envs/engram.yaml"
    script:
        "../scripts/pull_models.py"


rule reevaluate:
    input:
        published=rules.pull_models.output,
        faces=[LAYOUT.faces(name) / "store.json" for name in DATASETS],
        general_faces=[LAYOUT.faces(name, GENERAL_CROP) / "store.json" for name in GENERAL_DATASETS],
        splits=[LAYOUT.split(name) for name in ALL_DATASETS],
        code=code("reevaluate"),
    output:
        directory(LAYOUT.root / "reevaluated"),
    log:
        LOGS / "reevaluate.log",
    benchmark:
        LOGS / "reevaluate.jsonl"
    conda:
        "../../envs/engram.yaml"
    threads: 1
    script:
        "../scripts/reevaluate.py"
