# Tracking, the report and publishing: one job each, because parallel writers break SQLite
# and DVC's lock. And the way back: `rebuild` makes tables and figures from published predictions and
# records, `reevaluate` predictions from published models; both pull what they need.
# Needs: records, predictions, models, tables, figures; the way back needs results.dvc or, in published/, what
# a bundle calls results (that has no models); `reevaluate` needs faces and texts.
# Makes: MLflow runs, published/, results.dvc, results/{tracked.json, report.html, overview.svg,
# published.json, pulled.json, rebuilt/, reevaluated/, bundle/, bundle.zip}.

from engram.config.base import JobParams
from engram.publishing.inputs import cards, publish_inputs, track_inputs
from engram.publishing.jobs import BundleParams, PublishParams, TrackParams
from engram.publishing.places import find_published

CARDS = cards(SETTINGS)
PUBLISHED = publish_inputs(SETTINGS)


localrules:
    track,
    write_report,
    publish,
    rebuild,
    pull_models,


rule track:
    input:
        **track_inputs(SETTINGS),
        code=code("track"),
    output:
        LAYOUT.root / "tracked.json",
    log:
        LOGS / "track.log",
    conda:
        "../../envs/engram.yaml"
    params:
        job=TrackParams.from_settings(SETTINGS).model_dump(mode="json"),
    script:
        "../scripts/track.py"


rule write_report:
    input:
        parts=[
            *(rules.results_page.output, rules.result_numbers.output),
            *(*STUDIES.values(), CONTACT_SHEETS, CARDS, EXPORTED, rules.track.output),
        ],
        # Not the captions made of docstrings: a docstring plans no job.
        captions=sorted(map(os.path.relpath, (ENGRAM / "workflow/report").glob("*.rst"))),
        style=os.path.relpath(ENGRAM / "workflow/report/report.css"),
        code=code("write_report"),
    output:
        page=LAYOUT.root / "report.html",
        overview=LAYOUT.root / "overview.svg",
    log:
        LOGS / "write_report.log",
    conda:
        "../../envs/engram.yaml"
    params:
        job=JobParams(results=SETTINGS.results).model_dump(),
    script:
        "../scripts/write_report.py"


rule publish:
    input:
        **PUBLISHED,
        code=code("publish"),
    output:
        LAYOUT.root / "published.json",
    log:
        LOGS / "publish.log",
    conda:
        "../../envs/engram.yaml"
    params:
        job=PublishParams.from_settings(SETTINGS).model_dump(mode="json"),
    script:
        "../scripts/publish.py"


rule bundle:
    input:
        **PUBLISHED,
        repository=[f"{workflow.basedir}/{name}" for name in ("LICENSE", "CITATION.cff")],
        environment=[f"{workflow.basedir}/envs/{name}" for name in ("requirements.txt", "engram.yaml")],
        code=code("bundle"),
    output:
        # No directory(): Snakemake would leave a file of its own in it.
        metadata=LAYOUT.root / "bundle" / "ro-crate-metadata.json",
        archive=LAYOUT.root / "bundle.zip",
    log:
        LOGS / "bundle.log",
    conda:
        "../../envs/engram.yaml"
    params:
        job=BundleParams.from_settings(SETTINGS).model_dump(mode="json"),
    script:
        "../scripts/bundle.py"


rule rebuild:
    input:
        published=lambda wildcards: find_published(SETTINGS.results),
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
    params:
        job=JobParams(results=SETTINGS.results).model_dump(),
    script:
        "../scripts/rebuild.py"


rule pull_models:
    input:
        published=lambda wildcards: find_published(SETTINGS.results),
        code=code("pull_models"),
    output:
        LAYOUT.root / "pulled.json",
    log:
        LOGS / "pull_models.log",
    conda:
        "../../envs/engram.yaml"
    params:
        job=JobParams(results=SETTINGS.results).model_dump(),
    script:
        "../scripts/pull_models.py"


rule reevaluate:
    input:
        published=rules.pull_models.output,
        faces=[LAYOUT.faces(name) / "store.json" for name in DATASETS],
        general_faces=[LAYOUT.faces(name, GENERAL_CROP) / "store.json" for name in GENERAL_DATASETS],
        texts=[file for name in TEXTS for file in text_files(LAYOUT.text(name))],
        splits=[LAYOUT.split(name) for name in [*ALL_DATASETS, *TEXTS]],
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
    params:
        job=JobParams(results=SETTINGS.results).model_dump(mode="json"),
    script:
        "../scripts/reevaluate.py"
