# Every piece of knowledge solved by every approach, a job a step: `compute.job: stage`.
# Needs: results/general/{embeddings, representations, students}/, results/data/*/{faces_general/, split.csv}.
# Makes: results/general/{selection, transfer}/.


rule select_encoders:
    input:
        faces=of_knowledge(lambda item: general_faces(item.dataset)),
        split=of_knowledge(lambda item: LAYOUT.split(item.dataset)),
        embeddings=of_knowledge(lambda item: embedding_files(item.dataset)),
        code=code("select_encoders"),
    output:
        scores=LAYOUT.selection("{knowledge}") / "scores.parquet",
        predictions=LAYOUT.selection("{knowledge}") / "predictions.parquet",
        choice=LAYOUT.selection("{knowledge}") / "choice.json",
        record=LAYOUT.selection("{knowledge}") / "record.json",
    log:
        LOGS / "select_encoders/{knowledge}.log",
    benchmark:
        LOGS / "select_encoders/{knowledge}.jsonl"
    wildcard_constraints:
        knowledge=one_of(TARGETS),
    priority: 9
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        study=describe_knowledge,
        top=GENERAL.top,
        encoders=describe_encoders(),
    script:
        "../scripts/select_encoders.py"


rule transfer_frozen:
    input:
        faces=of_knowledge(lambda item: general_faces(item.dataset)),
        split=of_knowledge(lambda item: LAYOUT.split(item.dataset)),
        embeddings=of_knowledge(lambda item: embedding_files(item.dataset)),
        representations=of_knowledge(lambda item: LAYOUT.representations(item.dataset) / "record.json"),
        encoder=of_knowledge(lambda item: encoder_files(item.encoder) if item.encoder else []),
        code=code("transfer_frozen"),
    output:
        predictions=LAYOUT.transfer("{knowledge}", "frozen") / "predictions.parquet",
        record=LAYOUT.transfer("{knowledge}", "frozen") / "record.json",
    log:
        LOGS / "transfer_frozen/{knowledge}.log",
    benchmark:
        LOGS / "transfer_frozen/{knowledge}.jsonl"
    wildcard_constraints:
        knowledge=one_of(KNOWLEDGE),
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        study=describe_knowledge,
        approaches=of_knowledge(lambda item: [method.name for method in probe_methods(GENERAL, item)]),
        hidden=GENERAL.fusion.hidden,
    script:
        "../scripts/transfer_frozen.py"


for name, (role, approaches_of_job) in network_jobs().items():

    rule:
        name:
            f"transfer_trained_{name}"
        input:
            faces=of_knowledge(lambda item: general_faces(item.dataset)),
            split=of_knowledge(lambda item: LAYOUT.split(item.dataset)),
            models=network_inputs(approaches_of_job),
            code=code("transfer_trained"),
        output:
            predictions=[
                LAYOUT.transfer("{knowledge}", approach) / "predictions.parquet"
                for approach in approaches_of_job
            ],
            records=[
                LAYOUT.transfer("{knowledge}", approach) / "record.json" for approach in approaches_of_job
            ],
        log:
            LOGS / f"transfer_trained_{name}" / "{knowledge}.log",
        benchmark:
            LOGS / f"transfer_trained_{name}" / "{knowledge}.jsonl"
        wildcard_constraints:
            knowledge=one_of(names_of(role)),
        priority: 7
        conda:
            "../../envs/engram.yaml"
        threads: PROCESSES
        params:
            study=describe_networks,
            approaches=approaches_of_job,
        script:
            "../scripts/transfer_trained.py"
