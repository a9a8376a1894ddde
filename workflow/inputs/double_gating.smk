"""What the rules of double_gating.smk read and write."""


def again(pattern):
    return str(pattern).replace("results/", "results/again/", 1)


def second_gating_of_panel(wildcards):
    require_plan()
    return PLAN.second_gating[wildcards.panel]


def second_gating_of(wildcards):
    require_plan()
    panel = PLAN[wildcards.acquisition].panel
    path = PLAN.second_gating[panel]
    return path if path.lower().endswith(".csv") else again(f"results/flow/strategies/{panel}.json")


def panels_of_double_gated(wildcards):
    return [[name, PLAN[name].panel] for name in PLAN.double_gated]


of_double_gated = partial(of_each, lambda wildcards: PLAN.double_gated)
