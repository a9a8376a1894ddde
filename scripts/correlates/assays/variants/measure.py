"""Rows of the measurement table that variants give: ``btk_c481s__vaf``, ``__ccf``, ``btk_c481``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from correlates.assays.rows import measurement
from correlates.assays.variants.findings import ND, NOT_EVALUABLE, OK, Finding, VariantSettings
from correlates.assays.variants.fractions import clone_share
from correlates.assays.variants.names import key_of, residue_of

ASSAY = "variants"
NO_PURITY, NO_SEX = "purity_not_given", "sex_not_known"
CAPPED, SUMMED = "ccf_capped", "variants_of_residue_added"
PARTLY = "other_variants_of_residue_not_looked_for"
RUN_FAILED = "run_failed"
_DRAW = ("patient", "visit", "timepoint", "specimen")


@dataclass(frozen=True)
class Value:
    """A fraction of 1 with its interval, limit and status, as a row will have it in percent."""

    status: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    flags: tuple[str, ...] = ()


def variant_rows(
    findings: Iterable[Finding],
    sexes: Mapping[str, str],
    settings: VariantSettings,
    failed_runs: Iterable[str] = (),
) -> list[dict]:
    """Return allele fraction and clone share of each variant, and the share of each residue.

    Parameters
    ----------
    findings
        One a draw and variant.
    sexes
        ``M`` or ``F`` by patient, as far as known.
    settings
        Which genes are X-linked, and which variants are known.
    failed_runs
        Runs of which nothing is evaluable.

    Returns
    -------
    Rows in percent. What was not detected is ``nd`` with its limit of detection, never zero; the
    share of the clone likewise.
    """
    failed, rows = set(failed_runs), []
    residues: dict[tuple, list[Finding]] = {}
    for one in findings:
        name = key_of(one.gene, one.change)
        rows.append(_row([one], f"{name}__vaf", fraction_of(one), failed))
        rows.append(_row([one], f"{name}__ccf", share_of(one, sexes, settings), failed))
        residue = residue_of(one.change)
        if residue and residue != one.change:
            draw = tuple(one.row.get(column) for column in _DRAW)
            residues.setdefault((*draw, one.gene, residue), []).append(one)
    for (*_, gene, residue), own in residues.items():
        value = share_of_residue(gene, residue, own, sexes, settings)
        rows.append(_row(own, f"{key_of(gene, residue)}__ccf", value, failed))
    return rows


def fraction_of(one: Finding) -> Value:
    """Return the allele fraction of a finding; below the limit it keeps what was seen."""
    value = one.lod if one.status == ND and one.vaf is None else one.vaf
    value = None if one.status == NOT_EVALUABLE else value
    return Value(one.status, value, one.low, one.high, one.lod, one.flags)


def share_of(one: Finding, sexes: Mapping[str, str], settings: VariantSettings) -> Value:
    """Return the share of the clone's cells that have a variant."""
    purity, sex = one.row.get("purity_pct"), sexes.get(one.row["patient"])
    is_x = one.gene in {gene.upper() for gene in settings.x_linked}
    why = [] if purity else [NO_PURITY]
    why += [NO_SEX] if is_x and not sex else []
    if why or one.status == NOT_EVALUABLE:
        return Value(NOT_EVALUABLE, flags=(*one.flags, *why))

    def capped(vaf: float | None) -> float | None:
        return None if vaf is None else clone_share(vaf, purity / 100, is_x, sex).value

    limit = capped(one.lod)
    if one.status == ND:
        return Value(ND, limit, None, None, limit, one.flags)
    share = clone_share(one.vaf, purity / 100, is_x, sex)
    flags = (*one.flags, CAPPED) if share.is_capped else one.flags
    return Value(OK, share.value, capped(one.low), capped(one.high), limit, flags)


def share_of_residue(
    gene: str,
    residue: str,
    own: Sequence[Finding],
    sexes: Mapping[str, str],
    settings: VariantSettings,
) -> Value:
    """Return the share of the clone with any variant of a residue.

    Variants of one residue are in different cells, so their shares add up, as do the ends of their
    intervals: wider than need be, never narrower. Where none was detected the limit is the highest
    of theirs, and a flag says if other known variants of the residue were not looked for.
    """
    listed = {one for one in settings.known.get(gene, ()) if residue_of(one) == residue}
    flags = [PARTLY] if listed - {one.change for one in own} - {residue} else []
    seen = [one for one in own if one.status == OK]
    values = [share_of(one, sexes, settings) for one in seen or own]
    flags += [flag for value in values for flag in value.flags]
    if any(value.status == NOT_EVALUABLE for value in values):
        return Value(NOT_EVALUABLE, flags=tuple(flags))
    if not seen:
        limit = max(value.limit for value in values)
        return Value(ND, limit, None, None, limit, tuple(flags))
    flags += [SUMMED] if len(seen) > 1 else []

    def total(ends: list[float | None]) -> float | None:
        return None if None in ends else min(sum(ends), 1.0)

    raw = sum(value.value for value in values)
    flags += [CAPPED] if raw > 1 else []
    low, high = total([one.low for one in values]), total([one.high for one in values])
    return Value(OK, min(raw, 1.0), low, high, None, tuple(flags))


def _row(own: Sequence[Finding], feature: str, value: Value, failed: set[str]) -> dict:
    row = own[0].row
    runs = {one.row.get("run") or "" for one in own} - {""}
    status, flags = value.status, list(value.flags)
    numbers = [value.value, value.low, value.high, value.limit]
    if runs & failed:
        status, flags, numbers[:3] = NOT_EVALUABLE, [*flags, RUN_FAILED], [None] * 3
    number, low, high, limit = (None if one is None else 100 * one for one in numbers)
    return measurement(
        row,
        ASSAY,
        feature,
        number,
        "%",
        run="+".join(sorted(runs)),
        ci_low=low,
        ci_high=high,
        n=row.get("depth"),
        status=status,
        limit=limit,
        method=row.get("assay") or "ngs",
        flags=flags,
    )
