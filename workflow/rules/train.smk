# Every model, by one rule: a model's folder lies in its parent's, so the path names its ancestors.
# Needs: results/data/*/{faces/, split.csv} and the parent's model.
# Makes: results/models/seed*/LINEAGE/{model.safetensors, record.json}, results/evaluations/.

# One job trains a stage or a family of stages, for one seed or several, one after another:
# `compute.job` and `compute.seeds_per_job` make short stages worth the start of a process.
for family, lineages_of_job in jobs_of_stages().items():
    for seeds in seed_batches():

        rule:
            name:
                name_job("train_stage", family, seeds)
            input:
                faces=find_faces(lineages_of_job),
                splits=find_splits(lineages_of_job),
                parents=find_parents(lineages_of_job, seeds),
                code=code("train_stage"),
            output:
                models=[LAYOUT.model(name, seed) for name in lineages_of_job for seed in seeds],
                records=[LAYOUT.model_record(name, seed) for name in lineages_of_job for seed in seeds],
            log:
                name_log(f"train_stage/{family or '{lineage}'}", seeds, "log"),
            benchmark:
                name_log(f"train_stage/{family or '{lineage}'}", seeds, "jsonl")
            priority: rank_job(lineages_of_job)
            conda:
                "../../envs/engram.yaml"
            threads: PROCESSES
            params:
                lineages=fill_names(lineages_of_job),
                seeds=seeds,
                stages=describe_stages(lineages_of_job),
            script:
                "../scripts/train_stage.py"


rule evaluate_models:
    input:
        models=MODELS,
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
