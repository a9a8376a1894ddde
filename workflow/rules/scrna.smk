"""Single cells (scRNA-seq, CITE-seq): counts of genes and antibodies per cell to measurements.

Reads   the files of the plan's sheet scrna: h5ad, 10x h5, folders of 10x matrices
Writes  results/scrna/files/{cells}/{summary.json,cells.parquet,pseudobulk.parquet}, one job a file;
        results/scrna/{measurements.parquet,left_out.tsv,runs.tsv,samples.tsv,controls.tsv,
        cell_types.tsv,layout.svg,overview.svg}
"""


include: "../inputs/scrna.smk"


rule measure_cells:
    """Find the sound cells of one file, type them, and sum their raw counts by draw and type."""
    input:
        parts=parts_of_cells,
    output:
        summary="results/scrna/files/{cells}/summary.json",
        cells="results/scrna/files/{cells}/cells.parquet",
        pseudobulk="results/scrna/files/{cells}/pseudobulk.parquet",
    log:
        "logs/scrna/measure_cells/{cells}.log",
    conda:
        "../../envs/singlecell.yaml"
    threads: 1
    resources:
        mem_mb=memory_of_cells,
        runtime=each_try(60),
    params:
        path=path_of_cells,
        rows=rows_of_cells,
        settings=settings_of_cells,
        code=code_of("measure_cells"),
    script:
        "../../scripts/measure_cells.py"


rule measure_scrna:
    """Collect all files: one number a draw, type and gene, and how far it can be trusted."""
    input:
        scrna=assay_rows("scrna"),
        summaries=of_all_cells("results/scrna/files/{cells}/summary.json"),
        cells=of_all_cells("results/scrna/files/{cells}/cells.parquet"),
        pseudobulks=of_all_cells("results/scrna/files/{cells}/pseudobulk.parquet"),
    output:
        measurements="results/scrna/measurements.parquet",
        left_out="results/scrna/left_out.tsv",
        runs="results/scrna/runs.tsv",
        samples="results/scrna/samples.tsv",
        controls="results/scrna/controls.tsv",
        groups="results/scrna/cell_types.tsv",
        layout="results/scrna/layout.svg",
        overview="results/scrna/overview.svg",
    log:
        "logs/scrna/measure_scrna.log",
    conda:
        "../../envs/singlecell.yaml"
    threads: 1
    resources:
        mem_mb=each_try(2000),
        runtime=each_try(20),
    params:
        files=keys_of_cells,
        settings=settings_from(config["scrna"]),
        code=code_of("measure_scrna"),
    script:
        "../../scripts/measure_scrna.py"
