"""Laboratory: a page on the files alone, made without the clinical outcomes.

Reads   the list of files, and what the gating of each left behind
Writes  results/lab/lab.html
"""


rule build_lab_page:
    """Say of each file whether it is good, why not and what to do, with its gates among others'."""
    input:
        files=rules.list_files.output.files,
        problems=rules.list_files.output.problems,
        placements=rules.find_placements.output.placements,
        controls=rules.chart_controls.output.charts,
        ledgers=of_all_acquisitions("results/flow/ledgers/{acquisition}.tsv"),
        courses=of_all_acquisitions("results/flow/ledgers/{acquisition}.svg"),
        populations=of_all_acquisitions("results/flow/populations/{acquisition}.tsv"),
        strategies=of_all_acquisitions("results/flow/gates/{acquisition}.json"),
        figures=of_all_acquisitions("results/flow/figures/{acquisition}.svg"),
        assays=quality_of_assays,
    output:
        page="results/lab/lab.html",
    log:
        "logs/lab/build_lab_page.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        acquisitions=acquisitions_of_plan,
        title=lookup(dpath="study/title", within=config, default=""),
        sheets=sheets_of_the_lab,
        settings=lookup(dpath="lab", within=config),
        code=code_of("build_lab_page"),
    script:
        "../../scripts/build_lab_page.py"


rule lab_page:
    """The laboratory's page alone: snakemake lab_page."""
    input:
        rules.build_lab_page.output.page,
    localrule: True
