"""What the rules of occupancy.smk read, and with which settings."""


def probe_acquisitions(wildcards=None):
    """Acquisitions of the tubes probe, probe_bg and total, in the plan's order."""
    return [one.acquisition for one in PLAN.acquisitions if is_of_occupancy(one.as_row())]


of_probe_tubes = partial(of_each, probe_acquisitions)


def probe_tubes_if_any(output):
    """An input function: what was collected of the tubes; nothing of a study without them."""
    return lambda wildcards: [output] if probe_acquisitions() else []


def has_occupancy():
    return has_sheets("occupancy") or bool(probe_acquisitions())
