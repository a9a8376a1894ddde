"""A simulated cohort with known truth, for the demo: `snakemake ... simulate_cohort`.

Reads   the config's `simulate` section
Writes  FCS files, the sheets of a study and the truth, in the folder that it names
"""

SIMULATED = config.get("simulate", {"folder": "simulated", "patients": 24, "seed": 1})


rule simulate_cohort:
    """Write simulated FCS files, the sheets that go with them, and the truth."""
    output:
        fcs=directory(f"{SIMULATED['folder']}/fcs"),
        controls=directory(f"{SIMULATED['folder']}/controls"),
        references=f"{SIMULATED['folder']}/references.tsv",
        truth=directory(f"{SIMULATED['folder']}/truth"),
        assays=directory(f"{SIMULATED['folder']}/assays"),
        patients=f"{SIMULATED['folder']}/patients.tsv",
        panels=f"{SIMULATED['folder']}/panels.tsv",
        samples=f"{SIMULATED['folder']}/samples.tsv",
        cbc=f"{SIMULATED['folder']}/cbc.tsv",
        clinic=expand(
            f"{SIMULATED['folder']}/{{sheet}}.tsv",
            sheet=[
                "exposure",
                "lesions",
                "assessments",
                "flares",
                "laboratory",
                "adverse_events",
                "follow_up",
            ],
        ),
    log:
        "logs/simulate/simulate_cohort.log",
    conda:
        "../../envs/gating.yaml"
    threads: 1
    resources:
        mem_mb=each_try(1000),
        runtime=each_try(20),
    params:
        patients=SIMULATED["patients"],
        events=SIMULATED.get("events", 40000),
        seed=SIMULATED["seed"],
        effects=SIMULATED.get("effects", True),
        code=code_of("simulate_cohort"),
    script:
        "../../scripts/simulate_cohort.py"
