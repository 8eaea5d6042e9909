# From a data set as published to stored faces and subsets.
# Needs: a data set's folder (nothing for synthetic faces).
# Makes: results/data/{dataset}/{manifest.parquet, faces/, faces_general/, faces_*px_*/, split.csv}, contact
# sheets.

from engram.data.jobs import (
    CropParams,
    DrawParams,
    PrepareParams,
    ReadParams,
    SheetParams,
    SplitParams,
    SplitWithoutCopiesParams,
    encoder_crops,
    store_files,
)
from engram.data.shard_jobs import compressed_crops
from engram.studies.lineage.trials import datasets_in_use

# The data sets among which copies are dropped: none, or those of the study of memory.
COPY_FREE = datasets_in_use(SETTINGS) if SETTINGS.memory.drop_copies else []

SHEET = LAYOUT.figures / "sheets" / "{dataset}.png"
CONTACT_SHEETS = expand(SHEET, dataset=ALL_DATASETS)
# The folders of faces that are stored in shards; none by default (rules/shards.smk).
COMPRESSED = compressed_crops(SETTINGS, [*CROPS, *encoder_crops(SETTINGS)])


# Seconds of work are not worth a job of a cluster.
localrules:
    split_subjects,
    contact_sheet,


rule draw_faces:
    input:
        code=code("draw_faces"),
    output:
        images=LAYOUT.drawn("{dataset}") / "images.npy",
        manifest=LAYOUT.drawn("{dataset}") / "manifest.csv",
    log:
        LOGS / "draw_faces/{dataset}.log",
    benchmark:
        LOGS / "draw_faces/{dataset}.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: DrawParams.from_settings(SETTINGS, wildcards.dataset).model_dump(mode="json"),
    script:
        "../scripts/draw_faces.py"


rule read_dataset:
    input:
        images=find_drawn,
        code=code("read_dataset"),
    output:
        manifest=LAYOUT.manifest("{dataset}"),
    log:
        LOGS / "read_dataset/{dataset}.log",
    benchmark:
        LOGS / "read_dataset/{dataset}.jsonl"
    wildcard_constraints:
        dataset=one_of(SETTINGS.datasets),
    # First of all: what is wrong with a data set or its subsets is said before anything is trained.
    priority: 100
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: ReadParams.from_settings(SETTINGS, wildcards.dataset).model_dump(mode="json"),
    script:
        "../scripts/read_dataset.py"


rule prepare_faces:
    input:
        images=find_drawn,
        manifest=LAYOUT.manifest("{dataset}"),
        code=code("prepare_faces"),
    output:
        faces=LAYOUT.faces("{dataset}", "{crop}") / "faces.npy",
        index=LAYOUT.faces("{dataset}", "{crop}") / "index.parquet",
        summary=LAYOUT.faces("{dataset}", "{crop}") / "store.json",
        record=LAYOUT.faces_record("{dataset}", "{crop}"),
    log:
        LOGS / "prepare_faces/{dataset}-{crop}.log",
    benchmark:
        LOGS / "prepare_faces/{dataset}-{crop}.jsonl"
    wildcard_constraints:
        crop=one_of(crop for crop in CROPS if crop not in COMPRESSED),
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: PrepareParams.from_settings(
            SETTINGS, wildcards.dataset, wildcards.crop
        ).model_dump(mode="json"),
    script:
        "../scripts/prepare_faces.py"


rule crop_faces:
    input:
        images=find_drawn,
        manifest=LAYOUT.manifest("{dataset}"),
        detected=store_files(LAYOUT.faces("{dataset}", GENERAL_CROP)),
        code=code("crop_faces"),
    output:
        faces=LAYOUT.faces("{dataset}", "{crop}") / "faces.npy",
        index=LAYOUT.faces("{dataset}", "{crop}") / "index.parquet",
        summary=LAYOUT.faces("{dataset}", "{crop}") / "store.json",
        record=LAYOUT.faces_record("{dataset}", "{crop}"),
    log:
        LOGS / "crop_faces/{dataset}-{crop}.log",
    benchmark:
        LOGS / "crop_faces/{dataset}-{crop}.jsonl"
    wildcard_constraints:
        crop=one_of(crop for crop in encoder_crops(SETTINGS) if crop not in COMPRESSED),
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: CropParams.from_settings(
            SETTINGS, wildcards.dataset, wildcards.crop
        ).model_dump(mode="json"),
    script:
        "../scripts/crop_faces.py"


if COPY_FREE:

    localrules:
        split_without_copies,

    rule split_without_copies:
        input:
            stores=[file for name in COPY_FREE for file in store_files(LAYOUT.faces(name))],
            code=code("split_without_copies"),
        output:
            splits=[LAYOUT.split(name) for name in COPY_FREE],
        log:
            LOGS / "split_without_copies.log",
        benchmark:
            LOGS / "split_without_copies.jsonl"
        priority: 100
        conda:
            "../../envs/engram.yaml"
        params:
            job=SplitWithoutCopiesParams.from_settings(SETTINGS, COPY_FREE).model_dump(mode="json"),
        script:
            "../scripts/split_without_copies.py"


rule split_subjects:
    input:
        manifest=LAYOUT.manifest("{dataset}"),
        code=code("split_subjects"),
    output:
        split=LAYOUT.split("{dataset}"),
    log:
        LOGS / "split_subjects/{dataset}.log",
    benchmark:
        LOGS / "split_subjects/{dataset}.jsonl"
    wildcard_constraints:
        dataset=one_of(sorted({*SETTINGS.datasets} - {*COPY_FREE})),
    priority: 100
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: SplitParams.from_settings(SETTINGS, wildcards.dataset).model_dump(mode="json"),
    script:
        "../scripts/split_subjects.py"


rule contact_sheet:
    input:
        images=find_drawn,
        faces=find_shown_faces,
        code=code("contact_sheet"),
    output:
        sheet=(
            report(
                SHEET,
                caption="../report/contact_sheet.rst",
                category="Contact sheets",
                labels={"data set": "{dataset}"},
            )
            # The report may leave the machine: it has no sheets where a data set's faces may not be shown.
            if all(SETTINGS.datasets[name].show_faces for name in ALL_DATASETS)
            else SHEET
        ),
    log:
        LOGS / "contact_sheet/{dataset}.log",
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: SheetParams.from_settings(SETTINGS, wildcards.dataset).model_dump(mode="json"),
    script:
        "../scripts/contact_sheet.py"
