# From a text as published to stored sentences and subsets.
# Needs: a text's folder (nothing for drawn text).
# Makes: results/data/{dataset}/{manifest.parquet, text/, split.csv}.

from engram.data.text.jobs import (
    DrawTextParams,
    PrepareTextParams,
    ReadTextParams,
    SplitTextParams,
    text_files,
)


# Seconds of work are not worth a job of a cluster.
localrules:
    split_documents,


rule draw_text:
    input:
        code=code("draw_text"),
    output:
        train=LAYOUT.drawn("{dataset}") / "train.tsv",
        devel=LAYOUT.drawn("{dataset}") / "devel.tsv",
        test=LAYOUT.drawn("{dataset}") / "test.tsv",
        documents=LAYOUT.drawn("{dataset}") / "documents.tsv",
    log:
        LOGS / "draw_text/{dataset}.log",
    benchmark:
        LOGS / "draw_text/{dataset}.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: DrawTextParams.from_settings(SETTINGS, wildcards.dataset).model_dump(
            mode="json"
        ),
    script:
        "../scripts/draw_text.py"


rule read_text:
    input:
        text=find_drawn_text,
        code=code("read_text"),
    output:
        manifest=LAYOUT.manifest("{dataset}"),
    log:
        LOGS / "read_text/{dataset}.log",
    benchmark:
        LOGS / "read_text/{dataset}.jsonl"
    wildcard_constraints:
        dataset=one_of(SETTINGS.texts),
    # First of all: what is wrong with a text or its subsets is said before anything is trained.
    priority: 100
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: ReadTextParams.from_settings(SETTINGS, wildcards.dataset).model_dump(
            mode="json"
        ),
    script:
        "../scripts/read_text.py"


rule prepare_text:
    input:
        manifest=LAYOUT.manifest("{dataset}"),
        code=code("prepare_text"),
    output:
        store=text_files(LAYOUT.text("{dataset}")),
        record=LAYOUT.text_record("{dataset}"),
    log:
        LOGS / "prepare_text/{dataset}.log",
    benchmark:
        LOGS / "prepare_text/{dataset}.jsonl"
    wildcard_constraints:
        dataset=one_of(SETTINGS.texts),
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: PrepareTextParams.from_settings(SETTINGS, wildcards.dataset).model_dump(
            mode="json"
        ),
    script:
        "../scripts/prepare_text.py"


rule split_documents:
    input:
        manifest=LAYOUT.manifest("{dataset}"),
        code=code("split_documents"),
    output:
        split=LAYOUT.split("{dataset}"),
    log:
        LOGS / "split_documents/{dataset}.log",
    benchmark:
        LOGS / "split_documents/{dataset}.jsonl"
    wildcard_constraints:
        dataset=one_of(SETTINGS.texts),
    priority: 100
    conda:
        "../../envs/engram.yaml"
    params:
        job=lambda wildcards: SplitTextParams.from_settings(SETTINGS, wildcards.dataset).model_dump(
            mode="json"
        ),
    script:
        "../scripts/split_documents.py"
