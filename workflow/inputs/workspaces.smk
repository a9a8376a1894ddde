"""What the rules of workspaces.smk read."""


def acquisitions_of_panel(wildcards):
    return [one.acquisition for one in PLAN.acquisitions if one.panel == wildcards.panel]


of_panel = partial(of_each, acquisitions_of_panel)


def workspaces_of_study(wildcards):
    require_plan()
    return [f"results/flow/workspaces/{panel}.wsp" for panel in PLAN.gating]
