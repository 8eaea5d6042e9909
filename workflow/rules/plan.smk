# What a run will take, before it is paid for: `snakemake plan`, for any configuration, without its data.
# Needs: nothing. Makes: results/plan.{md,csv}, and shows the page.


localrules:
    plan,


rule plan:
    log:
        LOGS / "plan.log",
    run:
        from engram.estimate.page import write_plan
        from engram.estimate.plan import make_plan

        print(write_plan(make_plan(SETTINGS, LAYOUT, list_jobs()), LAYOUT.root))
