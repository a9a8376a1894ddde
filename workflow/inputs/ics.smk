"""What the rule of ics.smk reads, and with which settings."""


def stimulation_acquisitions(wildcards=None):
    """Acquisitions of stimulated and unstimulated tubes, in the plan's order."""
    return [one.acquisition for one in PLAN.acquisitions if is_of_stimulation(one.as_row())]


of_stimulations = partial(of_each, stimulation_acquisitions)


def settings_of_ics(wildcards):
    settings = {name: value for name, value in config["ics"].items() if name != "combinations"}
    return settings | {"min_parent_events": config["flow"]["min_parent_events"]}
