"""What the flags of measurements mean, in words for the page."""

import re
from collections.abc import Iterable

from correlates.flow.figures.labels import FLAG_WORDS
from correlates.pages.analytes import analyte_name
from correlates.report.assay_flags import MEANINGS as OF_ASSAYS
from correlates.report.pharmacology_flags import MEANINGS as OF_PHARMACOLOGY

MEANINGS = {
    **OF_ASSAYS,
    "fallback_no_valley": "the density has no valley where the template looks for one, so the cut "
    "stands at the end of the main peak",
    "fallback_few_events": "too few events to look for a valley; the cut stands in the middle of "
    "where the template looks for it",
    "fallback_no_events": "no event to place the gate on; the cut stands in the middle of where "
    "the template looks for it",
    "valley_outside_prior": "the valley lies outside the range that the template gives",
    "quantile_outside_prior": "the quantile lies outside the range that the template gives, "
    "and the cut at its end",
    "fallback_no_spread": "all events have one value, so that nothing could be told apart",
    "fallback_no_cluster": "the mixture has no population where the template expects one; a fixed "
    "ellipse stands there",
    "fallback_no_convergence": "the mixture did not settle; a fixed ellipse stands where the "
    "template expects the population",
    "fallback_own_events": "the template takes this threshold from a reference tube and none "
    "could be used, so the file's own events decide",
    "clamped_to_gate_range": "the threshold that was found lies outside of the range that the "
    "template allows, and was moved to its end",
    "negative_below_floor": "the population that is negative for the marker is too small for a "
    "percentile",
    "few_conjugates": "fewer conjugates were scored than a sample needs",
    "unblinded": "conjugates were scored by somebody who knew patient or visit",
    "blinding_not_recorded": "nothing says whether conjugates were scored blinded",
    "several_runs": "the conjugates of the draw were imaged in several runs",
    "control_out": "the control of the run lies far from its median over runs",
    "not_above_background": "the stain does not exceed what two tubes without it differ by",
    "fmo_missing": "neither the draw nor the batch has an FMO tube of this marker",
    "fmo_parent_below_floor": "an FMO tube holds too few events of the population",
    "fmo_batch_median": "the FMO tube of the draw could not be used; the median of the batch's is",
    "fmo_too_few_events": "the FMO tube holds too few events of the population for a median",
    "fmo_not_positive": "the median of the FMO is not above zero, so that there is no ratio to it",
    "fmo_not_above_zero": "the median of the FMO may be zero, so that the ratio has no interval",
    "control_missing": "the batch has no control from which to take the threshold",
    "control_parent_below_floor": "the control holds too few events for a threshold",
    "unstim_missing": "neither the draw nor the batch has an unstimulated tube",
    "unstim_parent_below_floor": "the unstimulated tube holds too few events for a threshold",
    "unstim_batch_median": "the unstimulated tube of the draw could not be used; the median of the "
    "batch's is",
    "outside_calibrated_range": "the intensity lies beyond the peaks of the calibration beads",
    "not_above_zero": "the median is not above zero: the calibrated value is below the dimmest "
    "bead",
    "calibration_peaks_differ": "another number of bead peaks was found than the sheet has",
    "calibration_few_peaks": "too few bead peaks are above zero and on scale",
    "calibration_slope": "the calibration curve is not linear enough",
    "calibration_error": "a bead peak is not calculated back by the calibration curve",
    "calibration_beads_refused": "the file of the calibration beads was refused",
    "calibration_no_channel": "the file of the calibration beads lacks the channel",
    "calibration_lot_unknown": "the sheet of calibration beads does not have the lot",
    "placement_outlier": "a threshold that this rests on lies far from where it lies in the other "
    "files of the panel or batch; it was not moved",
    "overridden": "a person set a threshold that this rests on",
    "override_outcomes_open": "outcomes of the trial were open to that person",
    "too_few_events": "fewer events than the limit of detection",
    "few_events": "fewer events than the limit of quantification",
    "parent_below_floor": "the parent holds fewer events than a percentage needs",
    "no_time_channel": "the file has no Time channel, so that its acquisition cannot be judged",
    "time_is_constant": "the Time channel holds one value, so the acquisition cannot be judged",
    "time_too_coarse": "the Time channel is too coarse to judge the acquisition by",
    "time_is_no_number": "the Time channel holds what is no number, so that the acquisition cannot "
    "be judged",
    "time_runs_backwards": "the Time channel goes back, so that the acquisition cannot be judged",
    "too_few_events_over_time": "too few events to judge the acquisition by",
    "no_steady_majority": "flow rate or signals changed throughout the acquisition",
    "signals_drift": "some dyes changed throughout the acquisition, which flags called drifts name",
    "no_matrix": "the file holds no spillover matrix, so its values are taken as they are",
    "over_compensated": "coefficients of the spillover matrix are larger than the light they stand "
    "for",
    "saturated_channels": "many events are at the end of a detector",
    "unsteady_acquisition": "left out: too many events of an unsteady time",
    "margin_events": "left out: too many events at the ends of the detectors",
    "few_singlets": "left out: too few single events",
    "few_acquired_events": "left out: the file holds too few events",
    "viability_below_floor": "fewer of the singlets are viable than the floor asks for",
    "leukocytes_below_floor": "fewer viable CD45+ events than the floor asks for",
    "leukocytes_below_subset_floor": "fewer viable CD45+ events than this rare population takes "
    "in a draw of so many lymphocytes",
    "clone_needs_extended_panel": "the clone is so small that normal CD5+ B cells count as it in "
    "this panel; the value is an upper bound",
    "light_chains_not_restricted": "cells with the other light chain are among the clone: normal "
    "ones, or a second clone",
    "light_chains_not_polyclonal": "nearly all of these B cells have one light chain: a clone "
    "without CD5 may be among them",
    "viability_not_gated": "no gate for viable cells, so viability cannot be judged",
    "leukocytes_not_gated": "no gate for leukocytes, so their number cannot be judged",
    "cbc_far_from_draw": "the blood count was taken too long before or after the draw",
    "cbc_repeated": "the sheet holds several blood counts of this draw",
    "no_blood_count_for_specimen": "a specimen that no blood count stands for",
    "reference_population_not_gated": "the population that the blood count stands for is not gated",
    "no_unstimulated_tube": "the draw has no unstimulated tube of this panel, so there is no "
    "background to subtract",
    "stimulated_tube_not_evaluable": "too few of the stimulated tube's cells are alive or counted",
    "unstimulated_tube_not_evaluable": "too few of the unstimulated tube's cells are alive or "
    "counted",
    "background_above_limit": "the unstimulated cells show the function above the limit",
    "positive_control_failed": "the positive control of this draw does not respond enough",
    "no_positive_control": "the draw has no positive control of this panel that can be judged",
    "call_knows_counting_only": "a call of response that knows the error of counting cells and no "
    "other: where the two tubes of a draw differ by a third for other reasons, about one parent in "
    "twelve that does not respond is called by Fisher's test, and one in eight by the mixture",
    "too_few_draws_for_mixture": "too few draws to fit the mixture that calls responses",
    "no_event_count": "an exported table gave the value without counts of events, so it has no "
    "interval and no limit of detection",
    "blank_in_table": "the cell of the exported table is empty",
    "unreadable_cell": "the cell of the exported table holds neither number nor limit",
    "unit_unclear": "all values of the exported column are at most 1, and its unit is not declared",
    "impossible_zero_parent": "a population of none with something in it, in an exported table",
    "percent_out_of_range": "a percentage below 0 or above 100, in an exported table",
    "count_exceeds_parent": "more events than its parent has, in an exported table",
    "children_exceed_parent": "the populations of one parent exceed it, in an exported table",
    "percent_disagrees_with_counts": "the exported percentage is not that of its events",
    "interval_of_events_only": "the interval is that of the events; the exported table does not "
    "give the error of the blood count",
    "few_bead_events": "fewer bead events than the floor asks for, so the count by beads is unsure",
    "bead_ratio_off": "the two kinds of beads stand in another ratio than their lot says",
    "platforms_disagree": "the counts by beads and by the blood count differ by more than agreed",
    "beads_after_separation": "beads were in the tube, but separated cells cannot be counted by "
    "them",
    "beads_after_wash": "beads were in the tube, but it was washed, which loses beads and cells "
    "unevenly",
    "no_beads_for_specimen": "beads were in the tube, but count cells of whole blood only",
    "tube_preparation_not_told": "beads were in the tube, but the samples sheet does not say that "
    "it was never washed",
    "bead_lot_unknown": "the beads sheet does not hold the lot of the tube's beads",
    "beads_not_gated": "beads were in the tube, but the template has no gate for them",
    "no_bead_events": "beads were in the tube, but none was found",
    "bridge_anchor_not_quantified": "too few events of the population that would carry the count "
    "from the draw's tube with beads",
    "no_way_of_counting": "none of the ways to cells per microlitre that the config names is open",
    "control_out_of_limits": "the bridging control of the batch is out of its limits in this",
    "batch_corrected": "brought to the goal batch by the quantiles of the bridging controls",
    "batch_uncorrected": "a correction of batches was asked for, and refused for this one",
    "display_only_compositional": "mostly a measure of the clone's size: shown, never tested",
    "day_planned": "no study day was recorded; the visit's planned day is taken",
    "day_from_first_dose": "no study day was recorded; the recorded day of the first lenalidomide "
    "dose is taken",
    "day_from_cycle": "no study day was recorded; it is counted from the recorded start of its "
    "cycle",
    "day_from_earlier_cycle": "no study day was recorded; it is counted from the recorded start of "
    "an earlier cycle",
    "off_drug": "drawn while ibrutinib or lenalidomide was held",
    "steroid_7d": "drawn on or soon after the days of a steroid",
    "out_of_window": "drawn outside of the window of its visit",
    "lenalidomide_hours_without_dose": "the sheet gives it hours since a lenalidomide dose, and no "
    "dose was recorded before it, so it can be no baseline",
    "lenalidomide_alone": "drawn under lenalidomide after ibrutinib had ended",
    "draw_times_disagree": "the sheet gives one draw several study days, or hours both before and "
    "after a dose, so it can be no baseline",
    "earlier_draw": "the last draw of the baseline has no usable value of this, so an earlier one "
    "in the same window gives it",
    **OF_PHARMACOLOGY,
}
# A blood count's columns, which stand within a flag: ``cbc_alc_missing``.
_COUNTS = {
    "wbc": "leukocyte count (WBC)",
    "alc": "lymphocyte count (ALC)",
    "amc": "monocyte count (AMC)",
}
_OF_COUNTS = {
    "missing": "the sheets hold no {} of this draw, so there is no absolute count",
    "not_positive": "the {} of this draw is not above zero, so there is no absolute count",
}
_OF_COUNT = re.compile(f"cbc_(.+?)_({'|'.join(_OF_COUNTS)})")

# A reference gene stands within a flag of RT-qPCR: ``reference_tbp_not_usable``.
_OF_REFERENCE = re.compile(r"reference_(\w+?)(_not_usable)?")
_LOST_REFERENCE = (
    "the reference gene {} has no usable value in this sample, and the mean of the others lies "
    "elsewhere"
)
_DISCOURAGED_REFERENCE = "divided by {}, which the disease or the drugs may move"


def glossary(flags: Iterable[Iterable[str]]) -> list[tuple[str, str]]:
    """Return the flags that occur, as the page writes them, each with its meaning.

    Parameters
    ----------
    flags
        Flags of each measurement. A flag that is not known here is left as it is.
    """
    found = {flag for row in flags for flag in row}
    known = {code: meaning for code, meaning in MEANINGS.items() if code in found}
    for code in sorted(found - set(known)):
        if of_count := _OF_COUNT.fullmatch(code):
            count, state = of_count.groups()
            known[code] = _OF_COUNTS[state].format(_COUNTS.get(count, count.upper()))
        elif of_reference := _OF_REFERENCE.fullmatch(code):
            gene, is_lost = of_reference.groups()
            words = _LOST_REFERENCE if is_lost else _DISCOURAGED_REFERENCE
            known[code] = words.format(analyte_name(gene))
    return [(code.replace("_", " "), meaning) for code, meaning in known.items()]


def gate_flags(flags: Iterable[Iterable[str]]) -> list[tuple[str, str]]:
    """Return the flags of gates that occur, as the gating figures write them, with meanings."""
    found = {flag for row in flags for flag in row}
    return [(said, MEANINGS[code]) for code, said in FLAG_WORDS.items() if code in found]
