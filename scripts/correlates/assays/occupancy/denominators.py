"""Which formula a draw gets: by what there is of it, of its pre-dose sample and of donors."""

from correlates.assays.occupancy import formulas
from correlates.assays.occupancy.formulas import Denominator
from correlates.assays.occupancy.readings import Reading


def denominator(
    one: Reading, reference: Reading | None, ratio: float | None
) -> tuple[Denominator | None, tuple[str, ...]]:
    """Return the denominator of the formula that goes first here, and what is to be said of it."""
    has_total = one.total is not None
    if has_total and _is_below(one.total.value, one.lloq_total):
        # Without its total the draw would look the more occupied the less of the target is left.
        return None, ("total_below_lloq",)
    if reference is not None:
        if not has_total or reference.total is None:
            alone = has_total or reference.total is not None
            return formulas.pre_dose(reference.free), ("total_not_used",) if alone else ()
        if _is_below(reference.total.value, reference.lloq_total):
            return None, ("pre_dose_total_below_lloq",)
        return formulas.adjusted(reference.free, reference.total, one.total), ()
    flags = ("no_pre_dose",)
    if has_total and one.shares_calibrator:
        return formulas.within(one.total), flags
    if has_total and ratio is not None:
        return formulas.donors(ratio, one.total), flags
    return None, flags


def _is_below(value: float, limit: float | None) -> bool:
    return value <= 0 or (limit is not None and value <= limit)


def by_formula(one: Reading, reference: Reading | None, ratio: float | None) -> dict[str, float]:
    """Return the signed occupancy by every formula that can be computed at all."""
    if one.free is None:
        return {}
    has_reference = reference is not None and reference is not one and reference.free.value > 0
    total = one.total if one.total is not None and one.total.value > 0 else None
    possible = []
    if has_reference:
        possible.append(formulas.pre_dose(reference.free))
        if total is not None and reference.total is not None and reference.total.value > 0:
            possible.append(formulas.adjusted(reference.free, reference.total, total))
    if total is not None and one.shares_calibrator:
        possible.append(formulas.within(total))
    if total is not None and ratio is not None:
        possible.append(formulas.donors(ratio, total))
    return {
        of.formula: formulas.occupancy_pct(formulas.free_fraction(one.free, of)) for of in possible
    }
