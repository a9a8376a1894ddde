"""Bridging controls: what the same material gives in every batch, and which batch is out.

Reads   the plan, the counts and medians of the bridging controls, the quantiles of bead tubes
Writes  results/flow/control_charts.tsv
"""


rule chart_controls:
    """Chart the bridging controls of all batches, and say which batch is out of its limits."""
    input:
        plan=plan_file,
        verdicts=of_controls("results/flow/verdicts/{acquisition}.json"),
        populations=of_controls("results/flow/populations/{acquisition}.tsv"),
        intensities=of_controls("results/flow/intensities/{acquisition}.tsv"),
        beads=of_calibration_beads("results/flow/quantiles/{acquisition}.tsv"),
    output:
        charts="results/flow/control_charts.tsv",
    log:
        "logs/flow/chart_controls.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        controls=controls_of_plan,
        beads=calibration_beads_of_plan,
        charts=lookup(dpath="flow/controls", within=config),
        min_parent_events=lookup(dpath="flow/min_parent_events", within=config),
        lod_events=lookup(dpath="flow/lod_events", within=config),
        leukocytes=lookup(dpath="flow/anchors/leukocytes", within=config),
        code=code_of("chart_controls"),
    script:
        "../../scripts/chart_controls.py"
