"""Double gating: files that a second gating covers, gated again and compared.

Reads   study.double_gating: a second FlowJo workspace, GatingML file or template by panel
Writes  results/again/flow/ in the shape of results/flow/, results/flow/double_gating.tsv and _values

Nothing here is planned in a study without a second gating, and of a workspace only the files that it
holds are gated again.
"""


include: "../inputs/double_gating.smk"


use rule read_strategies as read_second_strategies with:
    input:
        gating=second_gating_of_panel,
    output:
        strategies=again(rules.read_strategies.output.strategies),
    log:
        "logs/again/read_strategies/{panel}.log",


use rule gate_sample as gate_again with:
    input:
        **dict(rules.gate_sample.input.items()) | {"gating": second_gating_of},
    output:
        **{name: again(path) for name, path in rules.gate_sample.output.items()},
    log:
        "logs/again/gate_sample/{acquisition}.log",
    params:
        overrides=[],


rule compare_gatings:
    """Measure how well two gatings of the same files agree, population by population."""
    input:
        populations=of_double_gated("results/flow/populations/{acquisition}.tsv"),
        again=of_double_gated(again("results/flow/populations/{acquisition}.tsv")),
    output:
        agreement="results/flow/double_gating.tsv",
        values="results/flow/double_gating_values.tsv",
    log:
        "logs/flow/compare_gatings.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        acquisitions=panels_of_double_gated,
        names=lookup(dpath="study/double_gating_names", within=config, default={}),
        code=code_of("compare_gatings"),
    script:
        "../../scripts/compare_gatings.py"
