"""What the rules of workspaces.smk read."""


def of_panel(pattern):
    """An input function: one file of each acquisition of a panel, in the order of the plan."""

    def files(wildcards):
        require_plan()
        return [
            pattern.format(acquisition=one.acquisition)
            for one in PLAN.acquisitions
            if one.panel == wildcards.panel
        ]

    return files


def workspaces_of_study(wildcards):
    require_plan()
    return [f"results/flow/workspaces/{panel}.wsp" for panel in PLAN.gating]
