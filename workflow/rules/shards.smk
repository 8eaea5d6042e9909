# The general study's faces as JPEG, in shards that are jobs of their own (general.faces.store.format: jpeg).
# Needs: a data set's folder, its manifest.
# Makes: results/data/{dataset}/faces_*/{shard-*.arrow, shard-*.json, index.parquet, store.json, record.json}.

from engram.data.shard_jobs import (
    CropShardParams,
    JoinParams,
    PrepareShardParams,
    shard_file,
    shard_files,
)


rule prepare_shard:
    input:
        images=find_drawn,
        manifest=LAYOUT.manifest("{dataset}"),
        code=code("prepare_shard"),
    output:
        faces=shard_file(LAYOUT.faces("{dataset}", GENERAL_CROP), "{shard}"),
        record=shard_file(LAYOUT.faces("{dataset}", GENERAL_CROP), "{shard}", "json"),
    log:
        LOGS / "prepare_shard/{dataset}-{shard}.log",
    benchmark:
        LOGS / "prepare_shard/{dataset}-{shard}.jsonl"
    wildcard_constraints:
        shard="[0-9]+",
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: PrepareShardParams.of_shard(
            SETTINGS, wildcards.dataset, GENERAL_CROP, int(wildcards.shard)
        ).model_dump(mode="json"),
    script:
        "../scripts/prepare_shard.py"


rule crop_shard:
    input:
        images=find_drawn,
        manifest=LAYOUT.manifest("{dataset}"),
        detected=shard_file(LAYOUT.faces("{dataset}", GENERAL_CROP), "{shard}"),
        code=code("crop_shard"),
    output:
        faces=shard_file(LAYOUT.faces("{dataset}", "{crop}"), "{shard}"),
        record=shard_file(LAYOUT.faces("{dataset}", "{crop}"), "{shard}", "json"),
    log:
        LOGS / "crop_shard/{dataset}-{crop}-{shard}.log",
    benchmark:
        LOGS / "crop_shard/{dataset}-{crop}-{shard}.jsonl"
    wildcard_constraints:
        crop=one_of(encoder_crops(SETTINGS)),
        shard="[0-9]+",
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: CropShardParams.of_shard(
            SETTINGS, wildcards.dataset, wildcards.crop, int(wildcards.shard)
        ).model_dump(mode="json"),
    script:
        "../scripts/crop_shard.py"


rule join_faces:
    input:
        manifest=LAYOUT.manifest("{dataset}"),
        shards=lambda wildcards: shard_files(SETTINGS, LAYOUT, wildcards.dataset, wildcards.crop),
        records=lambda wildcards: shard_files(SETTINGS, LAYOUT, wildcards.dataset, wildcards.crop, "json"),
        code=code("join_faces"),
    output:
        index=LAYOUT.faces("{dataset}", "{crop}") / "index.parquet",
        summary=LAYOUT.faces("{dataset}", "{crop}") / "store.json",
        record=LAYOUT.faces_record("{dataset}", "{crop}"),
    log:
        LOGS / "join_faces/{dataset}-{crop}.log",
    benchmark:
        LOGS / "join_faces/{dataset}-{crop}.jsonl"
    wildcard_constraints:
        crop=one_of(COMPRESSED),
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: JoinParams.from_settings(
            SETTINGS, wildcards.dataset, wildcards.crop
        ).model_dump(mode="json"),
    script:
        "../scripts/join_faces.py"
