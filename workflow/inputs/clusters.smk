"""What the rules of clusters.smk read, and whether they are part of a run."""


def events_of_panel(wildcards):
    files = files_of_panel(PLAN, wildcards.panel)
    return [f"results/flow/events/{one['acquisition']}.npz" for one in files]


def frozen_map_of(wildcards):
    path = config["flow"]["unsupervised"].get("frozen_map", {}).get(wildcards.panel)
    return [path, str(Path(path).with_suffix(".npz"))] if path else []


def map_of_panel(wildcards):
    """The frozen map itself, so that it serves whatever becomes of the atlas; else the atlas's."""
    folder = f"results/clusters/{wildcards.panel}"
    return frozen_map_of(wildcards) or [f"{folder}/map.json", f"{folder}/map.npz"]


def cluster_results(wildcards):
    require_plan()
    if not config["flow"]["unsupervised"]["enabled"]:
        logger.error("Events are not clustered: set flow.unsupervised.enabled to true.")
        raise SystemExit(1)
    return clusters_if_enabled()


def clusters_if_enabled():
    if not config["flow"]["unsupervised"]["enabled"]:
        return []
    names = ("atlas.h5ad", "frequencies.tsv")
    panels = clustered_panels(PLAN)
    return [f"results/clusters/{panel}/{name}" for panel in panels for name in names]
