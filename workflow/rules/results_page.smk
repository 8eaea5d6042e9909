# What a reader opens first, and what a paper cites: one page of questions, verdicts, figures and tables, and
# every number as a macro of LaTeX.
# Needs: results/tables/, results/figures/, and the records and predictions that the page links to.
# Makes: results/index.html, results/numbers.tex.

from engram.publishing.results_page import ResultsParams, number_inputs, page_inputs

# What the studies claim and ask stands in the package.
ASKED = [path for study in STUDIES for path in (ENGRAM / "workflow/engram/studies" / study).glob("*.yaml")]
RESULTS_JOB = ResultsParams.from_settings(SETTINGS).model_dump(mode="json")


# Seconds of work are not worth a job of a cluster.
localrules:
    results_page,
    result_numbers,


rule results_page:
    input:
        **page_inputs(SETTINGS),
        asked=sorted(map(os.path.relpath, ASKED)),
        code=code("results_page"),
    output:
        LAYOUT.page,
    log:
        LOGS / "results_page.log",
    benchmark:
        LOGS / "results_page.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        job=RESULTS_JOB,
    script:
        "../scripts/results_page.py"


rule result_numbers:
    input:
        **number_inputs(SETTINGS),
        code=code("result_numbers"),
    output:
        LAYOUT.numbers,
    log:
        LOGS / "result_numbers.log",
    benchmark:
        LOGS / "result_numbers.jsonl"
    conda:
        "../../envs/engram.yaml"
    params:
        job=RESULTS_JOB,
    script:
        "../scripts/result_numbers.py"
