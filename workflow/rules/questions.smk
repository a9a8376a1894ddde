"""Questions: what the trial asks of its assays, answered over the cohort's measurements.

Reads   results/cohort/measurements.parquet, the clinical records
Writes  results/analyses/<assay>/answers.tsv, with the tables and the figure behind it
"""


rule compare_occupancy:
    """Compare occupancy under both drugs with that under ibrutinib alone, patient by patient."""
    input:
        clinical=clinical_file,
        measurements=rules.build_cohort.output.measurements,
    output:
        answers="results/analyses/occupancy/answers.tsv",
        pairs="results/analyses/occupancy/pairs.tsv",
        troughs="results/analyses/occupancy/troughs.tsv",
        figure="results/analyses/occupancy/figure.svg",
    log:
        "logs/analyses/compare_occupancy.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="analyses/occupancy", within=config),
        windows_h=lookup(dpath="occupancy/windows_h", within=config),
        visits=lookup(dpath="clinical/visits", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("compare_occupancy"),
    script:
        "../../scripts/compare_occupancy.py"


rule compare_exposure:
    """Compare exposure to ibrutinib with and without lenalidomide, and that to lenalidomide."""
    input:
        clinical=clinical_file,
        measurements=rules.build_cohort.output.measurements,
    output:
        answers="results/analyses/pk/answers.tsv",
        pairs="results/analyses/pk/pairs.tsv",
        figure="results/analyses/pk/figure.svg",
    log:
        "logs/analyses/compare_exposure.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        interaction=lookup(dpath="pk/interaction", within=config),
        lenalidomide=lookup(dpath="pk/lenalidomide", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("compare_exposure"),
    script:
        "../../scripts/compare_exposure.py"


rule compare_soluble:
    """Compare soluble markers between draws, and count whose immunoglobulins rise."""
    input:
        measurements=rules.build_cohort.output.measurements,
    output:
        answers="results/analyses/soluble/answers.tsv",
        figure="results/analyses/soluble/figure.svg",
    log:
        "logs/analyses/compare_soluble.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="analyses/soluble", within=config),
        censoring=lookup(dpath="soluble/measure/censoring", within=config),
        panels=lookup(dpath="soluble/measure/panels", within=config),
        visits=lookup(dpath="clinical/visits", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("compare_soluble"),
    script:
        "../../scripts/compare_soluble.py"


rule compare_synapses:
    """Compare the immune synapse between draws, patient by patient."""
    input:
        measurements=rules.build_cohort.output.measurements,
    output:
        answers="results/analyses/synapse/answers.tsv",
    log:
        "logs/analyses/compare_synapses.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        contrasts=lookup(dpath="analyses/synapse/contrasts", within=config),
        visits=lookup(dpath="clinical/visits", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("compare_synapses"),
    script:
        "../../scripts/compare_synapses.py"


rule compare_expression:
    """Test what changed in RNA between the phases, and check the sexes."""
    input:
        clinical=clinical_file,
        measurements=rules.build_cohort.output.measurements,
        libraries=rules.measure_rnaseq.output.libraries,
        genes=rules.measure_rnaseq.output.genes,
    output:
        answers="results/analyses/rnaseq/answers.tsv",
        pairs="results/analyses/rnaseq/pairs.tsv",
        all_genes="results/analyses/rnaseq/all_genes.tsv",
        sexes="results/analyses/rnaseq/sexes.tsv",
        figure="results/analyses/rnaseq/figure.svg",
    log:
        "logs/analyses/compare_expression.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(3000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="analyses/rnaseq", within=config),
        genes=lookup(dpath="rnaseq/genes", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        sex=settings_of_sexes(),
        b0_max_days_before=lookup(dpath="cohort/b0_max_days_before", within=config),
        b1_max_days_before=lookup(dpath="cohort/b1_max_days_before", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("compare_expression"),
    script:
        "../../scripts/compare_expression.py"


rule compare_quantities:
    """Test what changed in messengers by RT-qPCR between the phases."""
    input:
        clinical=clinical_file,
        measurements=rules.build_cohort.output.measurements,
    output:
        answers="results/analyses/qpcr/answers.tsv",
        pairs="results/analyses/qpcr/pairs.tsv",
        figure="results/analyses/qpcr/figure.svg",
    log:
        "logs/analyses/compare_quantities.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        assay="qpcr",
        settings=lookup(dpath="analyses/transcripts", within=config),
        genes=lookup(dpath="rnaseq/genes", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        b0_max_days_before=lookup(dpath="cohort/b0_max_days_before", within=config),
        b1_max_days_before=lookup(dpath="cohort/b1_max_days_before", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("compare_transcripts"),
    script:
        "../../scripts/compare_transcripts.py"


use rule compare_quantities as compare_pseudobulk with:
    output:
        answers="results/analyses/scrna/answers.tsv",
        pairs="results/analyses/scrna/pairs.tsv",
        figure="results/analyses/scrna/figure.svg",
    log:
        "logs/analyses/compare_pseudobulk.log",
    params:
        assay="scrna",
        settings=lookup(dpath="analyses/transcripts", within=config),
        genes=lookup(dpath="rnaseq/genes", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        b0_max_days_before=lookup(dpath="cohort/b0_max_days_before", within=config),
        b1_max_days_before=lookup(dpath="cohort/b1_max_days_before", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("compare_transcripts"),


rule follow_degradation:
    """Follow how much of a protein remains on lenalidomide, how fast it goes, if it comes back."""
    input:
        clinical=clinical_file,
        measurements=rules.build_cohort.output.measurements,
        hours=rules.measure_protein.output.hours,
    output:
        answers="results/analyses/degradation/answers.tsv",
        profiles="results/analyses/degradation/profiles.tsv",
        points="results/analyses/degradation/points.tsv",
        figure="results/analyses/degradation/figure.svg",
    log:
        "logs/analyses/follow_degradation.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="protein/degradation", within=config),
        baselines=lookup(dpath="cohort", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("follow_degradation"),
    script:
        "../../scripts/follow_degradation.py"


rule associate_genotypes:
    """Hold genotypes against exposure, toxicity and response, by exact tests."""
    input:
        calls=rules.measure_genotype.output.calls,
        loci=rules.measure_genotype.output.loci,
        measurements=rules.build_cohort.output.measurements,
        endpoints=rules.derive_endpoints.output.endpoints,
    output:
        answers="results/analyses/genotype/answers.tsv",
    log:
        "logs/analyses/associate_genotypes.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        associations=lookup(dpath="genotype/associations", within=config),
        min_cell=lookup(dpath="genotype/min_cell", within=config),
        min_call_rate=lookup(dpath="genotype/min_call_rate", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        code=code_of("associate_genotypes"),
    script:
        "../../scripts/associate_genotypes.py"


rule compare_messengers:
    """Compare messengers with their proteins, over patients, within them, and on lenalidomide."""
    input:
        clinical=clinical_file,
        measurements=rules.build_cohort.output.measurements,
    output:
        answers="results/analyses/concordance/answers.tsv",
        pairs="results/analyses/concordance/pairs.tsv",
        changes="results/analyses/concordance/changes.tsv",
        figure="results/analyses/concordance/figure.svg",
    log:
        "logs/analyses/compare_messengers.log",
    conda:
        "../../envs/cohort.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(30),
    params:
        settings=lookup(dpath="protein/concordance", within=config),
        markers=lookup(dpath="protein/markers", within=config),
        baselines=lookup(dpath="cohort", within=config),
        confidence=lookup(dpath="analyses/confidence", within=config),
        design_note=lookup(dpath="analyses/design_note", within=config),
        code=code_of("compare_messengers"),
    script:
        "../../scripts/compare_messengers.py"
