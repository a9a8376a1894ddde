"""FlowJo workspaces of the gated files, on demand: `snakemake ... flowjo_workspaces`.

Reads   the gates and counts of each file, and the headers of the FCS files
Writes  results/flow/workspaces/{panel}.wsp, and beside it what of the gates is in it
"""


include: "../inputs/workspaces.smk"


rule flowjo_workspaces:
    input:
        workspaces_of_study,
    localrule: True


rule write_workspace:
    """Write a panel's files with their gates as a FlowJo 10 workspace."""
    input:
        plan=plan_file,
        strategies=of_panel("results/flow/gates/{acquisition}.json"),
        populations=of_panel("results/flow/populations/{acquisition}.tsv"),
    output:
        workspace="results/flow/workspaces/{panel}.wsp",
        populations="results/flow/workspaces/{panel}.tsv",
    log:
        "logs/flow/write_workspace/{panel}.log",
    conda:
        "../../envs/gating.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        code=code_of("write_workspace"),
    script:
        "../../scripts/write_workspace.py"
