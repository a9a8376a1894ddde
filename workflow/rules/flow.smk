"""Flow cytometry: one FCS file a job in, its populations out; then the assay's measurements.

Reads   the FCS files of the plan, and each panel's template, GatingML file or FlowJo workspace
Writes  results/flow/{populations,intensities,thresholds,scales,verdicts,gates,figures,events}/,
        measurements.parquet

The path of an FCS file is a parameter and no input: a file that is removed while the run is on
would otherwise fail its job. What runs again is decided by the digest of its content.
"""


rule read_strategies:
    """Read a GatingML file or a FlowJo workspace once, into gates that need no library to read."""
    input:
        gating=gating_of_panel,
    output:
        strategies="results/flow/strategies/{panel}.json",
    log:
        "logs/flow/read_strategies/{panel}.log",
    conda:
        "../../envs/strategies.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        code=code_of("read_strategies"),
    script:
        "../../scripts/read_strategies.py"


rule gate_sample:
    """Judge, compensate, gate and count one FCS file, and draw its gates."""
    input:
        gating=gating_of,
        compensation=compensation_of,
        thresholds=of_threshold_tubes("results/flow/thresholds/{acquisition}.tsv"),
        verdicts=of_threshold_tubes("results/flow/verdicts/{acquisition}.json"),
    output:
        populations="results/flow/populations/{acquisition}.tsv",
        intensities="results/flow/intensities/{acquisition}.tsv",
        thresholds="results/flow/thresholds/{acquisition}.tsv",
        quantiles="results/flow/quantiles/{acquisition}.tsv",
        ledger="results/flow/ledgers/{acquisition}.tsv",
        course="results/flow/ledgers/{acquisition}.svg",
        scales="results/flow/scales/{acquisition}.json",
        cofactors="results/flow/scales/{acquisition}.svg",
        combinations="results/flow/combinations/{acquisition}.tsv",
        verdict="results/flow/verdicts/{acquisition}.json",
        gates="results/flow/gates/{acquisition}.xml",
        strategy="results/flow/gates/{acquisition}.json",
        figure="results/flow/figures/{acquisition}.svg",
        events="results/flow/events/{acquisition}.npz",
    log:
        "logs/flow/gate_sample/{acquisition}.log",
    group:
        group_of
    conda:
        "../../envs/gating.yaml"
    threads: 1
    resources:
        mem_mb=memory_of,
        runtime=each_try(10),
        slot=1,
    params:
        path=path_of,
        content=content_of,
        markers=markers_of,
        aliases=aliases_of,
        compensation=compensation_mode_of,
        scale=lookup(dpath="flow/scale", within=config),
        quality=lookup(dpath="flow/quality", within=config),
        fmo_percentile=lookup(dpath="flow/fmo_percentile", within=config),
        fmo_min_parent_events=lookup(dpath="flow/fmo_min_parent_events", within=config),
        tube=tube_of,
        quantiles_of=quantiles_of,
        threshold_tubes=threshold_tubes_of,
        overrides=overrides_of,
        events=chosen_events(config["flow"]),
        ics=lookup(dpath="ics/combinations", within=config),
        code=code_of("gate_sample"),
    script:
        "../../scripts/gate_sample.py"


rule find_placements:
    """Find the thresholds that lie far from those of the other files; none is moved."""
    input:
        plan=plan_file,
        thresholds=of_all_acquisitions("results/flow/thresholds/{acquisition}.tsv"),
    output:
        placements="results/flow/placements.tsv",
    log:
        "logs/flow/find_placements.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="flow/placements", within=config),
        code=code_of("find_placements"),
    script:
        "../../scripts/find_placements.py"


rule compare_intensities:
    """Compare each median of a full tube with that of the marker's FMO, own draw's or batch's."""
    input:
        plan=plan_file,
        intensities=intensities_beside_fmo,
        templates=templates_of_plan,
        calibration=rules.fit_calibration.output.calibration,
    output:
        compared="results/flow/fmo_intensities.tsv",
        isotypes="results/flow/isotype_intensities.tsv",
    log:
        "logs/flow/compare_intensities.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        fmo_min_parent_events=lookup(dpath="flow/fmo_min_parent_events", within=config),
        lod_events=lookup(dpath="flow/lod_events", within=config),
        code=code_of("compare_intensities"),
    script:
        "../../scripts/compare_intensities.py"


rule collect_flow:
    """Turn the counts of all files into measurements, with intervals and cells per microlitre."""
    input:
        plan=plan_file,
        verdicts=of_all_acquisitions("results/flow/verdicts/{acquisition}.json"),
        populations=of_all_acquisitions("results/flow/populations/{acquisition}.tsv"),
        intensities=of_all_acquisitions("results/flow/intensities/{acquisition}.tsv"),
        compared=rules.compare_intensities.output.compared,
        ledgers=of_all_acquisitions("results/flow/ledgers/{acquisition}.tsv"),
        strategies=strategies_of_workspaces,
        placements=rules.find_placements.output.placements,
        controls=rules.chart_controls.output.charts,
        corrected=rules.correct_batches.output.medians,
        templates=templates_of_plan,
    output:
        measurements="results/flow/measurements.parquet",
        left_out="results/flow/left_out.tsv",
        platforms="results/flow/count_platforms.tsv",
        not_detected="results/flow/not_detected_by_alc.tsv",
        reconciliation="results/flow/reconciliation.tsv",
    log:
        "logs/flow/collect_flow.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings=settings_of_counts(config["flow"]),
        exclusion=lookup(dpath="flow/exclusion", within=config),
        with_overrides=True,
        code=code_of("collect_flow"),
    script:
        "../../scripts/collect_flow.py"
