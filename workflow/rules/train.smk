# Every model, by one rule: a model's folder lies in its parent's, so the path names its ancestors.
# Needs: results/data/*/{faces/, split.csv} and the parent's model.
# Makes: results/models/seed*/LINEAGE/{model.safetensors, record.json}, results/evaluations/.

for batch in seed_batches():

    # A batch of seeds is one job, so that a short stage is worth the start of a process.
    rule:
        name:
            f"train_stage_{'_'.join(map(str, batch))}"
        input:
            faces=find_stage_faces,
            splits=find_stage_splits,
            parents=find_parents(batch),
            code=code("train_stage"),
        output:
            models=[LAYOUT.model("{lineage}", seed) for seed in batch],
            records=[LAYOUT.model_record("{lineage}", seed) for seed in batch],
        log:
            LOGS / f"train_stage/{{lineage}}/seeds_{'_'.join(map(str, batch))}.log",
        benchmark:
            LOGS / f"train_stage/{{lineage}}/seeds_{'_'.join(map(str, batch))}.jsonl"
        conda:
            "../../envs/engram.yaml"
        threads: 1
        params:
            seeds=batch,
            stage=describe_stage,
        script:
            "../scripts/train_stage.py"


rule evaluate_models:
    input:
        models=[LAYOUT.model(lineage, seed) for lineage in LINEAGES for seed in SETTINGS.seeds],
        faces=LAYOUT.faces("{dataset}") / "store.json",
        split=LAYOUT.split("{dataset}"),
        code=code("evaluate_models"),
    output:
        predictions=LAYOUT.predictions("{dataset}"),
        record=LAYOUT.evaluation_record("{dataset}"),
    log:
        LOGS / "evaluate_models/{dataset}.log",
    benchmark:
        LOGS / "evaluate_models/{dataset}.jsonl"
    conda:
        "../../envs/engram.yaml"
    threads: 1
    params:
        task=lambda wildcards: SETTINGS.datasets[wildcards.dataset].task,
        models=[str(lineage) for lineage in LINEAGES],
        seeds=SETTINGS.seeds,
        precision=SETTINGS.compute.precision,
    script:
        "../scripts/evaluate_models.py"
