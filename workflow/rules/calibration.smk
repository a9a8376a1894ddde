"""Calibration: the peaks of beads of known fluorescence, and the curves through them.

Reads   the FCS files of the plan's beads_mesf tubes, the sheet of lots as the plan holds it
Writes  results/flow/peaks/{acquisition}.{tsv,json}, results/flow/calibration.{tsv,svg}
"""


rule find_bead_peaks:
    """Find the levels of dye in one tube of calibration beads, channel by channel."""
    output:
        peaks="results/flow/peaks/{acquisition}.tsv",
        seen="results/flow/peaks/{acquisition}.json",
    log:
        "logs/flow/find_bead_peaks/{acquisition}.log",
    conda:
        "../../envs/gating.yaml"
    threads: 1
    resources:
        mem_mb=memory_of,
        runtime=each_try(10),
    params:
        path=path_of,
        content=content_of,
        code=code_of("find_bead_peaks"),
    script:
        "../../scripts/find_bead_peaks.py"


rule fit_calibration:
    """Lay a curve through the peaks of each lot, channel and batch, and judge it."""
    input:
        plan=plan_file,
        peaks=of_calibration_tubes("results/flow/peaks/{acquisition}.tsv"),
        seen=of_calibration_tubes("results/flow/peaks/{acquisition}.json"),
    output:
        calibration="results/flow/calibration.tsv",
        peaks="results/flow/calibration_peaks.tsv",
        plot="results/flow/calibration.svg",
    log:
        "logs/flow/fit_calibration.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(10),
    params:
        limits=lookup(dpath="flow/calibration", within=config),
        code=code_of("fit_calibration"),
    script:
        "../../scripts/fit_calibration.py"
