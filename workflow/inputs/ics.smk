"""What the rule of ics.smk reads, and with which settings."""


def stimulation_acquisitions(wildcards=None):
    """Acquisitions of stimulated and unstimulated tubes, in the plan's order."""
    return [one.acquisition for one in PLAN.acquisitions if is_of_stimulation(one.as_row())]


def of_stimulations(pattern):
    """An input function: one file of each stimulated and unstimulated tube."""

    def files(wildcards):
        require_plan()
        return [pattern.format(acquisition=name) for name in stimulation_acquisitions()]

    return files


def settings_of_ics(wildcards):
    settings = {name: value for name, value in config["ics"].items() if name != "combinations"}
    return settings | {"min_parent_events": config["flow"]["min_parent_events"]}
