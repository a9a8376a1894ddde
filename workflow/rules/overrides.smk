"""Overrides: the files in which a person set a threshold, gated and analysed without that too.

Reads   what the flow, cohort and analyses rules read, and the overrides of the plan
Writes  results/as_templated/ in the shape of results/, results/flow/overrides.tsv

Nothing here is planned in a study without overrides. Each rule but the last repeats one that stands
elsewhere: it reads the overridden files as templated and all others as they are. A rule that is put
between the gating of files and the contrasts is to be repeated here too (a test finds out).
"""


include: "../inputs/overrides.smk"


use rule gate_sample as gate_as_templated with:
    output:
        **repeated_output(rules.gate_sample),
    log:
        "logs/as_templated/gate_sample/{acquisition}.log",
    params:
        overrides=[],


use rule find_placements as find_placements_as_templated with:
    input:
        **repeated_input(rules.find_placements),
    output:
        **repeated_output(rules.find_placements),
    log:
        "logs/as_templated/find_placements.log",


use rule compare_intensities as compare_as_templated with:
    input:
        **repeated_input(rules.compare_intensities),
    output:
        **repeated_output(rules.compare_intensities),
    log:
        "logs/as_templated/compare_intensities.log",


use rule correct_batches as correct_batches_as_templated with:
    input:
        **repeated_input(rules.correct_batches),
    output:
        **repeated_output(rules.correct_batches),
    log:
        "logs/as_templated/correct_batches.log",


use rule collect_flow as collect_as_templated with:
    input:
        **repeated_input(rules.collect_flow),
    output:
        **repeated_output(rules.collect_flow),
    log:
        "logs/as_templated/collect_flow.log",
    params:
        with_overrides=False,


use rule join_gated_tables as join_as_templated with:
    input:
        **repeated_input(rules.join_gated_tables),
    output:
        **repeated_output(rules.join_gated_tables),
    log:
        "logs/as_templated/join_gated_tables.log",


use rule measure_ics as measure_ics_as_templated with:
    input:
        **repeated_input(rules.measure_ics),
    output:
        **repeated_output(rules.measure_ics),
    log:
        "logs/as_templated/measure_ics.log",


use rule build_cohort as build_cohort_as_templated with:
    input:
        **repeated_input(rules.build_cohort),
    output:
        **repeated_output(rules.build_cohort),
    log:
        "logs/as_templated/build_cohort.log",


use rule run_contrasts as run_contrasts_as_templated with:
    input:
        **repeated_input(rules.run_contrasts),
    output:
        **repeated_output(rules.run_contrasts),
    log:
        "logs/as_templated/run_contrasts.log",


rule show_overrides:
    """Show what each override did: every population that rests on it, with it and without it."""
    input:
        plan=plan_file,
        populations=of_overridden("results/flow/populations/{acquisition}.tsv"),
        populations_as_templated=of_overridden(
            "results/as_templated/flow/populations/{acquisition}.tsv"
        ),
        thresholds_as_templated=of_overridden(
            "results/as_templated/flow/thresholds/{acquisition}.tsv"
        ),
        templates=templates_of_plan,
    output:
        overrides="results/flow/overrides.tsv",
    log:
        "logs/flow/show_overrides.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        code=code_of("show_overrides"),
    script:
        "../../scripts/show_overrides.py"
