"""What the cohort is built of: the tables of every assay that the study has."""


def measurements_of_assays(wildcards):
    """One table an assay; the flow assay's is joined with exported tables where there are any."""
    joined = rules.join_gated_tables.output.measurements
    flow = joined if exported_tables() else rules.collect_flow.output.measurements
    ics = [rules.measure_ics.output.measurements] if stimulation_acquisitions() else []
    others = [output.measurements for output in outputs_in_study(assays_by_sheets())]
    return [flow, *ics, *others]


def left_out_of_assays(wildcards):
    joined = [rules.join_gated_tables.output.left_out] if exported_tables() else []
    ics = [rules.measure_ics.output.left_out] if stimulation_acquisitions() else []
    others = [output.left_out for output in outputs_in_study(assays_by_sheets())]
    return [rules.collect_flow.output.left_out, *joined, *ics, *others]


def responses_if_assessed(wildcards):
    """What the assessments give, to hold against what was typed in."""
    assessed = config["study"].get("assessments")
    return [rules.judge_response.output.responses] if assessed else []


# What of `clinical.integrity` is for the rules that look at draws and at dates, by its first word.
BESIDE_THE_CHECKS = ("swap_", "date_", "batch_")


def settings_of_swaps():
    """Settings of the swap alarm."""
    block = config["clinical"]["integrity"]
    return {name: value for name, value in block.items() if name.startswith("swap_")}


def settings_of_checks():
    """Settings of the checks that hold records against each other."""
    block = config["clinical"]["integrity"]
    return {name: value for name, value in block.items() if not name.startswith(BESIDE_THE_CHECKS)}
