# The general study up to frozen representations: source encoders, their embeddings, fusion, students.
# Needs: results/data/*/{faces_general/, split.csv}.
# Makes: results/general/{encoders, embeddings, fusion, students, representations, views}/.

UNSUPERVISED = GENERAL.unsupervised


rule train_encoder:
    input:
        faces=lambda wildcards: general_faces(GENERAL.encoders[wildcards.encoder].dataset),
        split=lambda wildcards: LAYOUT.split(GENERAL.encoders[wildcards.encoder].dataset),
        code=code("train_encoder"),
    output:
        model=LAYOUT.encoder("{encoder}") / "model.safetensors",
        record=LAYOUT.encoder("{encoder}") / "record.json",
    log:
        LOGS / "train_encoder/{encoder}.log",
    benchmark:
        LOGS / "train_encoder/{encoder}.jsonl"
    wildcard_constraints:
        encoder=one_of(TRAINED_ENCODERS),
    priority: 20
    conda:
        "../../envs/engram.yaml"
    threads: PROCESSES
    params:
        encoder=lambda wildcards: GENERAL.encoders[wildcards.encoder].model_dump(),
        head=GENERAL.head.model_dump(include={"hidden", "dropout"}),
        augment=GENERAL.augment.model_dump(),
        seed=SETTINGS.seeds[0],
        precision=SETTINGS.compute.precision,
    script:
        "../scripts/train_encoder.py"


rule check_encoder:
    input:
        file=lambda wildcards: GENERAL.encoders[wildcards.encoder].imported.path,
        code=code("check_encoder"),
    output:
        record=LAYOUT.encoder("{encoder}") / "record.json",
    log:
        LOGS / "check_encoder/{encoder}.log",
    benchmark:
        LOGS / "check_encoder/{encoder}.jsonl"
    wildcard_constraints:
        encoder=one_of(IMPORTED_ENCODERS),
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        encoder=lambda wildcards: GENERAL.encoders[wildcards.encoder].model_dump(),
    script:
        "../scripts/check_encoder.py"


# One job reads a part of a data set's faces once, for all encoders that share an input size.
for group, encoders_of_job in embedding_groups(GENERAL).items():

    rule:
        name:
            f"extract_embeddings_{group}"
        input:
            faces=lambda wildcards: general_faces(wildcards.dataset),
            encoders=[file for name in encoders_of_job for file in encoder_files(name)],
            code=code("extract_embeddings"),
        output:
            embeddings=[
                LAYOUT.embeddings("{dataset}", name) / "shard-{shard}.npy" for name in encoders_of_job
            ],
            records=[LAYOUT.embeddings("{dataset}", name) / "shard-{shard}.json" for name in encoders_of_job],
        log:
            LOGS / "extract_embeddings" / group / "{dataset}-{shard}.log",
        benchmark:
            LOGS / "extract_embeddings" / group / "{dataset}-{shard}.jsonl"
        wildcard_constraints:
            shard="[0-9]+",
        priority: 15
        conda:
            "../../envs/engram.yaml"
        threads: PROCESSES
        params:
            encoders=encoders_of_job,
            shards=lambda wildcards: SETTINGS.datasets[wildcards.dataset].shards,
            dtype=GENERAL.dtype,
            precision=SETTINGS.compute.precision,
        script:
            "../scripts/extract_embeddings.py"


for group, operators_of_job in operator_groups().items():
    for seeds in seed_batches():

        rule:
            name:
                name_job("fit_operators", group, seeds)
            input:
                embeddings=embedding_files(UNSUPERVISED),
                faces=general_faces(UNSUPERVISED),
                split=LAYOUT.split(UNSUPERVISED),
                code=code("fit_operators"),
            output:
                models=fusion_models(operators_of_job, seeds),
                records=[
                    LAYOUT.fusion(name, seed) / "record.json" for name in operators_of_job for seed in seeds
                ],
                reconstruction=[
                    LAYOUT.fusion(name, seed) / "reconstruction.parquet"
                    for name in operators_of_job
                    for seed in seeds
                ],
            log:
                name_log(f"fit_operators/{group}", seeds, "log"),
            benchmark:
                name_log(f"fit_operators/{group}", seeds, "jsonl")
            priority: 14 if group != "sizes" else 5
            conda:
                "../../envs/engram.yaml"
            threads: 1
            params:
                operators=operators_of_job,
                seeds=seeds,
                fusion=GENERAL.fusion.model_dump(exclude={"sizes"}),
                encoders=describe_encoders(),
                precision=SETTINGS.compute.precision,
            script:
                "../scripts/fit_operators.py"


rule train_student:
    input:
        embeddings=embedding_files(UNSUPERVISED),
        faces=general_faces(UNSUPERVISED),
        split=LAYOUT.split(UNSUPERVISED),
        operators=lambda wildcards: fusion_models([STUDENTS[wildcards.kind].operator], [wildcards.seed]),
        code=code("train_student"),
    output:
        model=LAYOUT.student("{kind}", "{seed}") / "model.safetensors",
        record=LAYOUT.student("{kind}", "{seed}") / "record.json",
        reconstruction=LAYOUT.student("{kind}", "{seed}") / "reconstruction.parquet",
    log:
        LOGS / "train_student/{kind}-{seed}.log",
    benchmark:
        LOGS / "train_student/{kind}-{seed}.jsonl"
    wildcard_constraints:
        kind=one_of(GENERAL.students),
        seed="[0-9]+",
    priority: 12
    conda:
        "../../envs/engram.yaml"
    threads: PROCESSES
    params:
        seeds=lambda wildcards: [int(wildcards.seed)],
        student=describe_students(),
        encoders=describe_encoders(),
    script:
        "../scripts/train_student.py"


rule represent_faces:
    input:
        faces=lambda wildcards: general_faces(wildcards.dataset),
        embeddings=lambda wildcards: embedding_files(wildcards.dataset),
        operators=fusion_models(["ae", "pca", *sizes_swept(GENERAL)]),
        students=student_models(),
        code=code("represent_faces"),
    output:
        arrays=[LAYOUT.representations("{dataset}") / f"{name}.npy" for name in representations(GENERAL)],
        record=LAYOUT.representations("{dataset}") / "record.json",
    log:
        LOGS / "represent_faces/{dataset}.log",
    benchmark:
        LOGS / "represent_faces/{dataset}.jsonl"
    priority: 8
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        representations=representations(GENERAL),
        seeds=SETTINGS.seeds,
        precision=SETTINGS.compute.precision,
    script:
        "../scripts/represent_faces.py"


rule general_views:
    input:
        faces=[general_faces(name) for name in REPRESENTED],
        splits=[LAYOUT.split(name) for name in REPRESENTED],
        representations=[LAYOUT.representations(name) / "record.json" for name in REPRESENTED],
        code=code("general_views"),
    output:
        neighbours=LAYOUT.views / "neighbours.parquet",
        map=LAYOUT.views / "map.parquet",
        record=LAYOUT.views / "record.json",
    log:
        LOGS / "general_views.log",
    benchmark:
        LOGS / "general_views.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        datasets=REPRESENTED,
        seeds=SETTINGS.seeds,
    script:
        "../scripts/general_views.py"
