"""Intracellular cytokine staining: stimulated tubes against the unstimulated one of their draw.

Reads   the combinations of functions that gate_sample counted in tubes unstim and stim_<agent>
Writes  results/ics/{measurements.parquet,left_out.tsv,calls.tsv}

A study without such tubes does not plan the rule.
"""


include: "../inputs/ics.smk"


rule measure_ics:
    """Subtract the background, call responses, and measure polyfunctionality."""
    input:
        plan=plan_file,
        verdicts=of_stimulations("results/flow/verdicts/{acquisition}.json"),
        populations=of_stimulations("results/flow/populations/{acquisition}.tsv"),
        ledgers=of_stimulations("results/flow/ledgers/{acquisition}.tsv"),
        combinations=of_stimulations("results/flow/combinations/{acquisition}.tsv"),
    output:
        measurements="results/ics/measurements.parquet",
        left_out="results/ics/left_out.tsv",
        calls="results/ics/calls.tsv",
    log:
        "logs/ics/measure_ics.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        acquisitions=stimulation_acquisitions,
        settings=settings_of_ics,
        flow=settings_of_counts(config["flow"]),
        exclusion=lookup(dpath="flow/exclusion", within=config),
        parents=lookup(dpath="ics/combinations/parents", within=config),
        code=code_of("measure_ics"),
    script:
        "../../scripts/measure_ics.py"
