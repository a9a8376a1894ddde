"""Clusters: events of all files of a panel, clustered without regard to their gates.

Reads   the plan, results/flow/events/, a frozen map where the config names one
Writes  results/clusters/{panel}/: atlas.h5ad, agreement.tsv, files.tsv, map.json, map.npz,
        frequencies.tsv, nodes.tsv, and figures

Part of a run where flow.unsupervised.enabled is true. Nothing here enters the measurement table.
"""


include: "../inputs/clusters.smk"


rule build_event_atlas:
    """Pool a panel's events, cluster them twice, and compare the clusters with the gates."""
    input:
        plan=plan_file,
        events=events_of_panel,
        frozen=frozen_map_of,
    output:
        atlas="results/clusters/{panel}/atlas.h5ad",
        agreement="results/clusters/{panel}/agreement.tsv",
        files="results/clusters/{panel}/files.tsv",
        map="results/clusters/{panel}/map.json",
        map_values="results/clusters/{panel}/map.npz",
        umap="results/clusters/{panel}/umap.png",
        markers="results/clusters/{panel}/markers.png",
        heatmap="results/clusters/{panel}/heatmap.svg",
    log:
        "logs/clusters/build_event_atlas/{panel}.log",
    conda:
        "../../envs/clusters.yaml"
    threads: 1
    resources:
        mem_mb=each_try(6000),
        runtime=each_try(120),
    params:
        choice=chosen_events(config["flow"]),
        min_events=lookup(dpath="flow/unsupervised/min_events", within=config),
        max_events=lookup(dpath="flow/unsupervised/max_events", within=config),
        lineages=lookup(dpath="flow/unsupervised/lineages", within=config),
        settings=clustering(config["flow"]),
        code=code_of("build_event_atlas"),
    script:
        "../../scripts/build_event_atlas.py"


rule project_events:
    """Lay every file of a panel on its map, which is not fitted anew."""
    input:
        plan=plan_file,
        events=events_of_panel,
        map=map_of_panel,
    output:
        frequencies="results/clusters/{panel}/frequencies.tsv",
        nodes="results/clusters/{panel}/nodes.tsv",
    log:
        "logs/clusters/project_events/{panel}.log",
    conda:
        "../../envs/clusters.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        choice=chosen_events(config["flow"]),
        code=code_of("project_events"),
    script:
        "../../scripts/project_events.py"


rule clusters:
    """What clustering writes, of every panel."""
    input:
        cluster_results,
    localrule: True
