"""Occupancy of BTK and ITK: from tubes of flow, and from sheets of plates and exports.

Reads   the medians of target cells in tubes probe, probe_bg and total; the sheets study.occupancy; the
        sheets study.variants, for mutant BTK
Writes  results/flow/probe_tubes.tsv, results/occupancy/

A study without such tubes and sheets plans neither rule.
"""


include: "../inputs/occupancy.smk"


rule collect_probe_tubes:
    """Collect what the tubes of occupancy show on the gated target cells."""
    input:
        plan=plan_file,
        verdicts=of_probe_tubes("results/flow/verdicts/{acquisition}.json"),
        populations=of_probe_tubes("results/flow/populations/{acquisition}.tsv"),
        intensities=of_probe_tubes("results/flow/intensities/{acquisition}.tsv"),
        ledgers=of_probe_tubes("results/flow/ledgers/{acquisition}.tsv"),
        quantiles=of_probe_tubes("results/flow/quantiles/{acquisition}.tsv"),
        calibration=rules.fit_calibration.output.calibration,
    output:
        tubes="results/flow/probe_tubes.tsv",
        quantiles="results/flow/probe_tube_quantiles.tsv",
        left_out="results/flow/probe_tubes_left_out.tsv",
    log:
        "logs/flow/collect_probe_tubes.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        acquisitions=probe_acquisitions,
        cells=cells_of_flow(config["occupancy"]),
        markers=markers_of_flow(config["occupancy"]),
        flow=settings_of_counts(config["flow"]),
        exclusion=lookup(dpath="flow/exclusion", within=config),
        code=code_of("collect_probe_tubes"),
    script:
        "../../scripts/collect_probe_tubes.py"


rule measure_occupancy:
    """Compute occupancy of each draw by the formula that its signals allow, and judge the runs."""
    input:
        sheets=assay_rows("occupancy"),
        variants=assay_rows("variants"),
        tubes=probe_tubes_if_any(rules.collect_probe_tubes.output.tubes),
        quantiles=probe_tubes_if_any(rules.collect_probe_tubes.output.quantiles),
        tubes_left_out=probe_tubes_if_any(rules.collect_probe_tubes.output.left_out),
    output:
        measurements="results/occupancy/measurements.parquet",
        left_out="results/occupancy/left_out.tsv",
        runs="results/occupancy/runs.tsv",
        samples="results/occupancy/samples.tsv",
        controls="results/occupancy/controls.tsv",
        layout="results/occupancy/layout.svg",
        overview="results/occupancy/overview.svg",
        occupancies="results/occupancy/occupancies.tsv",
        distributions="results/occupancy/distributions.svg",
    log:
        "logs/occupancy/measure_occupancy.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="occupancy", within=config),
        sexes=sexes_of_patients,
        code=code_of("measure_occupancy"),
    script:
        "../../scripts/measure_occupancy.py"
