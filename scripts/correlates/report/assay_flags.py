"""What the flags of occupancy, RNA, protein, single cells and soluble markers mean."""

from correlates.assays.occupancy.words import WORDS as OF_OCCUPANCY
from correlates.assays.protein.quality import WORDS as OF_PROTEIN

_SEVERAL_ASSAYS = {
    "composition_confounded": "cells were not sorted or are impure, so a change may be one of "
    "which cells there are",
    "low_purity": "fewer of the cells are the wanted ones than the limit",
    "low_rin": "the RNA is degraded (RNA integrity number below the limit)",
    "purity_unknown": "nobody recorded how pure the cells were",
    "replicates_disagree": "replicates differ by more than the limit",
    "uncalibrated": "the intensity has no calibration: batches hardly compare",
    "isotype_background": "an isotype tube stands in for the missing FMO",
}
_QPCR = {
    "a_plate_left_out": "one of its plates gives no value; the others do",
    "calibrator_without_value": "the sample that all values are relative to has none",
    "efficiency_assumed": "the efficiency of the gene was assumed, not measured",
    "efficiency_declared": "the efficiency of the gene was validated elsewhere",
    "efficiency_not_accepted": "the dilution series of the gene gives no efficiency that is "
    "accepted",
    "few_wells": "fewer wells than planned",
    "too_few_wells": "too few wells with a Cq for a value",
    "haemolysed": "red cells broke in this plasma or serum: microRNA of theirs is in it",
    "haemolysis_suspected": "some red cells may have broken in this plasma or serum",
    "haemolysis_unknown": "the haemolysis index could not be computed",
    "low_rna_input": "little RNA went into the reverse transcription",
    "no_interplate_calibrator": "several plates and no calibrator between them",
    "plate_without_calibrator": "its plate lacks the calibrator that other plates of the gene have",
    "no_reference_gene": "no reference gene to divide by",
    "no_rt_too_close": "the well without reverse transcriptase comes up nearly as early as the "
    "sample: genomic DNA",
    "ntc_too_close": "the well without template comes up nearly as early as the sample: "
    "contamination",
    "outside_standard_curve": "the Cq lies outside of the range of the dilution series",
    "reference_not_used": "a reference gene of the panel was not used",
    "reference_stability_unknown": "too few samples to judge whether the references are stable",
    "references_unstable": "the reference genes move against each other by more than the limit",
    "too_few_references": "fewer reference genes than the panel needs",
    "samples_of_the_draw_differ": "the samples of this draw differ by more than their errors",
    "several_samples_of_the_draw": "the mean of several samples of the draw",
    "spike_in_off": "the spike-in came up far from that of the other samples",
    "undetermined": "nothing was amplified: below the limit of detection, never a Cq of 40",
    "well_dropped": "one well disagreed with the others and was dropped",
    "well_far_above_lod": "most wells are undetermined, yet one came up early: repeat it",
    "well_undetermined": "one well is undetermined and does not count",
}
_RNASEQ = {
    "assigned_reads_differ": "the sheet's number of assigned reads is not that of the counts",
    "few_junction_reads": "too few reads across the junctions for a share",
    "gene_absent": "the matrix does not have the gene",
    "high_rrna": "much ribosomal RNA",
    "junctions_unbalanced": "the reads into and out of the exon differ by more than chance",
    "low_depth": "too few assigned reads",
    "no_counts": "the counts have no column of this library",
    "not_normalised": "alone of its cells: there is nothing to normalise it with",
    "outlier_library": "the library is unlike the others of its cells",
}
_SCRNA = {
    "antibody_without_counts": "the antibody has no count in these cells",
    "cells_of_several_rows": "cells of the file fit several rows of the sheet",
    "conflicting_markers": "many cells show markers that exclude each other: doublets or debris",
    "counts_not_raw": "the file holds no raw counts",
    "depth_unlike_others": "counts a cell are far from those of the other samples",
    "doublets_by_expected_rate": "doublets could not be told apart: as many were taken as the "
    "instrument makes",
    "doublets_not_evaluable": "too few cells in the lane to look for doublets",
    "few_cells_at_depth": "too few cells have the counts that all are thinned to",
    "few_cells_of_sample": "too few sound cells in the sample",
    "few_cells_of_type": "too few cells of this type",
    "file_missing": "the file is not there",
    "file_unreadable": "the file cannot be read",
    "files_do_not_match": "the files of the matrix do not belong together",
    "gene_not_in_matrix": "the matrix does not have the gene; that is not zero",
    "labels_unknown": "labels of the file that the config gives no type",
    "layer_missing": "the file lacks the layer that the sheet names",
    "many_barcodes_removed": "many barcodes were left out as no sound cells",
    "many_doublets": "many doublets",
    "many_dying_cells": "many cells with a high share of mitochondrial counts",
    "many_unassigned": "many cells fit no type",
    "matrix_is_subset_of_genes": "the matrix has too few genes for counts per million",
    "mito_not_evaluable": "the matrix has no mitochondrial genes, so dying cells are not seen",
    "no_sound_cells": "no cell passed the checks",
    "not_above_isotype": "the antibody is not above the isotype controls",
    "not_single_cells": "the matrix is not one of single cells",
    "obs_column_missing": "the file lacks the column that the sheet names",
    "rows_contradict": "rows of the sheet contradict each other",
    "sample_not_in_file": "the file has no cell of this sample",
    "several_matrices": "the file holds several matrices, and nobody said which",
    "shallow_cells": "few counts a cell",
}
_SOLUBLE = {
    "contradicting_wells": "one well lies below and another above the limits",
    "controls_failed": "too few controls of the plate recover their nominal value",
    "crcl_unknown": "no creatinine clearance beside beta-2 microglobulin",
    "low_crcl": "the kidneys clear little, which raises beta-2 microglobulin",
    "duplicate_cv": "replicate wells differ by more than the limit",
    "few_beads": "too few beads were counted",
    "ivig_day_unknown": "whether immunoglobulin was infused is not known",
    "ivig_within_window": "immunoglobulin was infused shortly before: IgG is not the patient's own",
    "limit_unknown": "beyond a limit that nobody gave",
    "measured_twice": "two plates have a value of this draw, and nothing tells which is valid",
    "spike_recovery": "what was spiked into the sample was not found again",
    "wells_on_both_sides": "some wells lie beyond the limit and some within",
}


def _as_part(sentence: str) -> str:
    """Return a sentence as the page's list of meanings has it: without capital and full stop."""
    said = sentence.removesuffix(".")
    is_name = said[:2].isupper()
    return said if is_name else said[:1].lower() + said[1:]


MEANINGS = {
    **{flag: _as_part(words) for flag, words in (OF_OCCUPANCY | OF_PROTEIN).items()},
    **{"pre_dose_reference": "the sample before treatment that the others are divided by"},
    **{"lloq_of_background": "the limit of quantification is ten standard deviations of the "
       "background; none was validated"},
    **_QPCR,
    **_RNASEQ,
    **_SCRNA,
    **_SOLUBLE,
    **_SEVERAL_ASSAYS,
}  # fmt: skip
