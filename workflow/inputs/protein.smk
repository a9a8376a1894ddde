"""Whether a study has proteins, and what the protein assay and its questions read."""


def is_protein_stained():
    """Whether a file of the plan has a channel for one of the proteins."""
    names = {name for names in config["protein"]["markers"] for name in names}
    markers = {
        marker.strip().lower()
        for one in PLAN.acquisitions
        for marker in PLAN.markers_of(one.acquisition).values()
    }
    return bool(names & markers)


def has_protein():
    return has_sheets("western") or is_protein_stained()


def has_messengers():
    return has_sheets("qpcr", "rnaseq", "scrna")


def flow_if_protein_is_stained(wildcards):
    """The measurements of the flow assay, joined with exported tables where there are any."""
    require_plan()
    joined = rules.join_gated_tables.output.measurements
    flow = joined if exported_tables() else rules.collect_flow.output.measurements
    return [flow] if is_protein_stained() else []
