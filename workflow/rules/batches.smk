"""Batches: what they are confounded with, and the correction by their controls where it is allowed.

Reads   the plan, the medians of all files, and the quantiles of the bridging controls
Writes  results/flow/{batch_confounding,batch_correction,corrected_medians}.tsv

Nothing here knows an outcome; batches are scored against those by score_batches, on the cohort's
floor.
"""


rule correct_batches:
    """Score batches against visits; correct medians by the controls' quantiles if that is asked."""
    input:
        plan=plan_file,
        intensities=of_all_acquisitions("results/flow/intensities/{acquisition}.tsv"),
        quantiles=of_controls("results/flow/quantiles/{acquisition}.tsv"),
    output:
        confounding="results/flow/batch_confounding.tsv",
        correction="results/flow/batch_correction.tsv",
        medians="results/flow/corrected_medians.tsv",
    log:
        "logs/flow/correct_batches.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        controls=controls_of_plan,
        confounding=lookup(dpath="flow/confounding", within=config),
        correction=lookup(dpath="flow/batch_correction", within=config),
        code=code_of("correct_batches"),
    script:
        "../../scripts/correct_batches.py"
