"""From readings to occupancy: which formula, what the assay can tell, and what must be said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from correlates.assays.occupancy import formulas
from correlates.assays.occupancy.denominators import by_formula, denominator
from correlates.assays.occupancy.mutants import Mutations
from correlates.assays.occupancy.readings import Reading
from correlates.assays.occupancy.references import (
    chosen_pre_dose,
    donor_ratios,
    is_pre_dose,
    pre_dose_of_series,
)
from correlates.assays.occupancy.settings import OccupancySettings
from correlates.assays.occupancy.windows import window_flags

OK, CENSORED, NOT_EVALUABLE = "ok", "gt_uloq", "not_evaluable"
REFERENCE = "reference"


@dataclass(frozen=True)
class Occupancy:
    """Occupancy of one target in one kind of cell of one draw.

    Parameters
    ----------
    reading
        What was measured.
    formula
        ``adjusted``, ``pre_dose``, ``within``, ``donors``, ``reference`` for the pre-dose sample
        itself; empty where there is none.
    fraction, fraction_interval
        Free fraction, signed; None where it cannot be told.
    ceiling
        Highest occupancy that can be told of this draw, in percent.
    status
        ``ok``, ``gt_uloq`` or ``not_evaluable``.
    flags
        What is to be said of it.
    against
        The visit of its pre-dose sample.
    by_formula
        Signed occupancy by every formula that its signals allow.
    """

    reading: Reading
    formula: str = ""
    fraction: float | None = None
    fraction_interval: tuple[float, float] | None = None
    ceiling: float | None = None
    status: str = NOT_EVALUABLE
    flags: tuple[str, ...] = ()
    against: str = ""
    by_formula: Mapping[str, float] | None = None

    @property
    def raw_pct(self) -> float | None:
        """Signed occupancy, in percent."""
        return None if self.fraction is None else formulas.occupancy_pct(self.fraction)

    @property
    def has_value(self) -> bool:
        """Whether it can be evaluated, if only as a bound."""
        return self.status != NOT_EVALUABLE


def judged(
    readings: Sequence[Reading],
    donors: Iterable[Reading],
    mutations: Mutations,
    settings: OccupancySettings,
) -> list[Occupancy]:
    """Return the occupancy of every reading of a patient, in their order.

    Parameters
    ----------
    readings
        Of patients: one of a draw, target, cell and assay.
    donors
        Of untreated donors.
    mutations
        What is known of mutant BTK.
    settings
        The config's.
    """
    before = pre_dose_of_series(readings, settings.pre_dose_visits)
    ratios = donor_ratios(donors, settings.min_donors)
    found = []
    for one in readings:
        reference, said = chosen_pre_dose(before.get(one.series, ()), one)
        ratio = ratios.get((one.run, one.target, one.cell, one.assay))
        made = _made(one, reference, ratio, settings)
        flags = [*one.faults, *made.flags, *(said if reference is not one else ())]
        flags += window_flags(one, is_pre_dose(one, settings.pre_dose_visits), settings.windows_h)
        flags += [*_technical(made, settings), *one.flags]
        made = replace(made, flags=tuple(flags))
        found.append(_unless_mutant(made, mutations, settings.max_mutant_ccf_pct))
    found = [replace(one, flags=tuple(dict.fromkeys(one.flags))) for one in found]
    return _told_of_mixed_formulas(found)


def _made(
    one: Reading, reference: Reading | None, ratio: float | None, settings: OccupancySettings
) -> Occupancy:
    against = reference.visit if reference else ""
    refused = Occupancy(one, against=against, by_formula=by_formula(one, reference, ratio))
    if one.faults or one.free is None:
        return refused
    if reference is not None:
        low = _why_low(reference, settings)
        if low:
            return replace(refused, flags=(low,))
    if reference is one:
        return _of_the_reference(one, refused)
    of, flags = denominator(one, reference, ratio)
    if of is None:
        return replace(refused, flags=flags)
    if one.lloq_free is None:
        return replace(refused, flags=(*flags, "no_lloq"))
    flags = (*flags, *_differences(one, reference))
    ceiling = formulas.ceiling_pct(one.lloq_free, of)
    made = replace(
        refused,
        formula=of.formula,
        fraction=formulas.free_fraction(one.free, of),
        fraction_interval=formulas.free_fraction_interval(one.free, of),
        ceiling=ceiling,
        flags=flags,
    )
    if ceiling <= 0:
        return replace(made, flags=(*flags, "ceiling_below_zero"))
    return replace(made, status=CENSORED if one.free.value <= one.lloq_free else OK)


def _of_the_reference(one: Reading, made: Occupancy) -> Occupancy:
    """Return the pre-dose sample's own row: what all others are read against is 0 by definition."""
    ceiling = None
    if one.lloq_free is not None:
        ceiling = formulas.ceiling_pct(one.lloq_free, formulas.pre_dose(one.free))
    flags = ("pre_dose_reference",)
    return replace(made, formula=REFERENCE, fraction=1.0, ceiling=ceiling, status=OK, flags=flags)


def _why_low(reference: Reading, settings: OccupancySettings) -> str:
    """Say that the pre-dose signal is too low to be divided by; nothing if it is not."""
    free, lowest = reference.free.value, 0.0
    if reference.bg_sd is not None:
        lowest = settings.low_signal_sd * reference.bg_sd
    is_low = free <= 0 or free < lowest or free < (reference.lloq_free or 0.0)
    return "low_pre_dose_signal" if is_low else ""


def _differences(one: Reading, reference: Reading | None) -> list[str]:
    """Say in what a draw and its pre-dose sample differ beside the drug."""
    if reference is None:
        return []
    flags = []
    if one.specimen != reference.specimen:
        flags.append("specimen_differs_from_pre_dose")
    if one.run != reference.run and not (one.is_calibrated and reference.is_calibrated):
        flags.append("run_differs_from_pre_dose_uncalibrated")
    return flags


def _technical(made: Occupancy, settings: OccupancySettings) -> list[str]:
    low, high = settings.technical_range_pct
    raw = made.raw_pct
    return ["technical_out_of_range"] if raw is not None and not low <= raw <= high else []


def _unless_mutant(made: Occupancy, mutations: Mutations, limit: float) -> Occupancy:
    """Take from a draw with too many mutant cells that its low signal is occupancy."""
    share, flags = mutations.of(made.reading)
    if share is None or made.formula == REFERENCE:
        return replace(made, flags=(*made.flags, *flags))
    if share >= limit:
        flags = ("occ_uninterpretable_mutant", *flags)
        return replace(made, status=NOT_EVALUABLE, flags=(*made.flags, *flags))
    flags = ("mutant_bias", *flags) if share > 0 else flags
    return replace(made, flags=(*made.flags, *flags))


def _told_of_mixed_formulas(found: Iterable[Occupancy]) -> list[Occupancy]:
    found = list(found)
    used: dict[tuple, set[str]] = {}
    for one in found:
        if one.status != NOT_EVALUABLE and one.formula != REFERENCE:
            used.setdefault(one.reading.series, set()).add(one.formula)
    mixed = {series for series, several in used.items() if len(several) > 1}
    return [
        replace(one, flags=(*one.flags, "formula_differs_within_patient"))
        if one.reading.series in mixed and one.formula not in ("", REFERENCE)
        else one
        for one in found
    ]
