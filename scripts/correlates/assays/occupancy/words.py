"""What each flag of occupancy means, in words for the tables and the report."""

from collections.abc import Iterable

from correlates.assays.quality import FAIL, FLAG, Reason

WORDS = {
    "no_probe_tube": "The draw has no tube with the probe that could be used.",
    "no_background_tube": "The draw has no pre-saturated background tube, so that what the probe "
    "binds beside its target is not known.",
    "no_free_signal": "No free signal was read.",
    "no_background": "Nothing tells the background of the free signal: give signal_bg, or blanks "
    "of the run.",
    "no_lloq": "Nothing tells the lowest free signal that is quantified: give lloq_free, or three "
    "blanks of the run. Without it a low signal would be taken for full occupancy.",
    "unfit_tube": "The cells of a tube are too dead or too few, or its acquisition was not fit.",
    "few_target_cells": "A tube holds too few target cells.",
    "target_cells_unknown": "The export does not say how many target cells it counted: n_events.",
    "purity_unknown": "Nobody recorded how pure the lysed T cells were; other cells have targets "
    "of the same reagents.",
    "purity_below_limit": "The lysed T cells were not pure enough.",
    "run_failed": "Its run failed.",
    "low_pre_dose_signal": "The free signal before treatment does not stand out of the background, "
    "so that nothing can be divided by it.",
    "no_pre_dose": "There is no sample before treatment; not for paired comparisons.",
    "pre_dose_unfit": "The sample before treatment could not be used.",
    "earlier_pre_dose": "The last sample before treatment could not be used, an earlier one was.",
    "pre_dose_total_below_lloq": "The total before treatment is not quantified.",
    "total_below_lloq": "The total is not quantified: the less target is left, the more occupied "
    "the rest would seem.",
    "total_not_used": "Only one of the two samples has a total: its change is not accounted for.",
    "ceiling_below_zero": "What is left of the target is so little that no occupancy can be told.",
    "specimen_differs_from_pre_dose": "It was kept otherwise than the sample before treatment.",
    "run_differs_from_pre_dose_uncalibrated": "It was read on another run than the sample before "
    "treatment, in a unit that does not compare over runs.",
    "formula_differs_within_patient": "Other draws of this patient were computed by another "
    "formula.",
    "technical_out_of_range": "The signed occupancy is beyond what noise explains: look for "
    "swapped tubes or a failed stain.",
    "occ_uninterpretable_mutant": "Too many cells have a BTK whose Cys481 is mutant, which binds "
    "neither drug nor probe: a low signal is no occupancy.",
    "mutant_bias": "Some cells have a mutant Cys481: occupancy is overstated by up to their share.",
    "mutation_carried_forward": "The share of mutant cells is that of an earlier draw.",
    "sex_unknown_for_ccf": "The sex is not known, so that the larger share of mutant cells counts.",
    "outside_window_h4": "It was not drawn in the window of 4 h.",
    "outside_window_trough": "It was not drawn in the window of a trough.",
    "hours_unknown": "Nobody recorded the hours since the dose.",
    "missed_dose": "A dose was missed in the 72 hours before.",
    "replicates_differ": "Its replicates differ by more than the limit.",
    "lloq_of_events_only": "Too few background tubes to tell what they vary by: the limit of "
    "quantification rests on the number of events and is too low.",
    "probe_binds_tec_family": "The probe binds other kinases of the family as well.",
    "probe_specificity_unknown": "Nobody said what the probe binds beside its target.",
    "other_cells_in_lysate": "The lysate is of all mononuclear cells: monocytes have BTK too.",
}
# What is told for completeness and is no shortcoming of one sample.
_NOTED = {"probe_binds_tec_family", "probe_specificity_unknown", "mutation_carried_forward"}


def reasons_of(flags: Iterable[str], is_evaluable: bool) -> list[Reason]:
    """Return why a sample does not pass.

    Parameters
    ----------
    flags
        Of its occupancy; those of gates are told of elsewhere.
    is_evaluable
        Whether it has a value: if not, what is said of it is why.
    """
    verdict = FLAG if is_evaluable else FAIL
    return [Reason(verdict, WORDS[flag]) for flag in flags if flag in WORDS and flag not in _NOTED]
