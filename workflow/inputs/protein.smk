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


def may_use_isotypes():
    """Whether isotype tubes may stand in for an FMO, and a protein is stained at all."""
    return config["protein"]["intracellular"]["use_isotype"] and is_protein_stained()


def isotypes_if_declared(wildcards):
    """The medians beside those of isotype tubes."""
    require_plan()
    return [rules.compare_intensities.output.isotypes] if may_use_isotypes() else []


def plan_if_declared(wildcards):
    """The plan, which tells whose draw a file is, where isotypes may be used."""
    require_plan()
    return [PLAN_FILE] if may_use_isotypes() else []
