"""The recorded sex against the expression of XIST and of genes of the Y chromosome.

Cells of women express XIST, which silences one X chromosome, and nothing of the Y chromosome; cells
of men the reverse. Elderly men often lose the Y chromosome from many of their blood cells, so that
neither is seen: that contradicts no recorded sex. Source: sex check of bulk RNA-seq, reference 3.2.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np
import pandas as pd

from correlates.check_rows import ERROR, NOTE, WARNING, row
from correlates.measurements import USABLE

RULE = "sex_check"
XIST = "xist"
Y_GENES = ("rps4y1", "ddx3y", "kdm5d", "uty", "eif1ay")
SOURCE = "results/cohort/measurements.parquet"
_LOG2 = "log2_"
_FEWEST_REFERENCES = 2
_WORDS = {"F": "female", "M": "male"}
_COMPARABLE_ASSAYS = ("rnaseq", "scrna")
_FIND_OUT = "Find out whose blood this is, from the tube's label and, if there are any, genotypes."
# What is said of a draw: expression and record agree; that of the other sex; neither XIST nor Y in
# a man, which loss of Y explains; two people's cells; nothing that is clear; no recorded sex.
AGREES, SWAP, AMBIGUOUS_LOY = "agrees", "swap", "ambiguous_loy"
BOTH_SEXES, UNDETERMINED, NOT_RECORDED = "both", "undetermined", "not_recorded"
# What each pattern of expression means.
FEMALE, MALE, NEITHER, BOTH, UNCLEAR = "female", "male", "neither", "both", "unclear"


@dataclass(frozen=True)
class _Level:
    """A log2 expression, or the limit that it is below."""

    value: float
    is_detected: bool


@dataclass(frozen=True)
class _Sample:
    """What one assay measured of one kind of cell of one draw."""

    patient: str
    visit: str
    kind: tuple[str, str, str]
    xist: _Level
    y: _Level

    @property
    def difference(self) -> float:
        """XIST minus the mean of the Y genes, in log2."""
        return self.xist.value - self.y.value


def sex_findings(
    measurements: pd.DataFrame, patients: Iterable[Mapping], settings: Mapping
) -> list[dict]:
    """Compare the recorded sex with the expression of XIST and of genes of the Y chromosome.

    Parameters
    ----------
    measurements
        Measurement table; features ``<gene>__log2_<scale>[__<cell>]`` of XIST, RPS4Y1, DDX3Y,
        KDM5D, UTY and EIF1AY are looked at, whatever the assay, the scale and the cell.
    patients
        Rows of the patients sheet: ``patient`` and ``sex`` (``F``, ``M`` or None).
    settings
        ``sex_margin_log2``: XIST minus the mean of the Y genes is decisive from here on, either
        way. ``sex_absent_log2``: expression by this much below that of patients who are recorded
        to have it counts as absent.

    Returns
    -------
    Rows of ``integrity.tsv``: an error where the expression is that of the other sex, a warning
    where both are expressed, notes where nothing can be told and where nothing was measured. No
    finding for a draw that agrees.
    """
    sexes = {one["patient"]: one.get("sex") or "" for one in patients}
    samples, partial = _samples(measurements)
    if not samples:
        return [_nothing_measured(partial)]
    references = _References(samples, sexes)
    found = []
    for one in samples:
        sex = sexes.get(one.patient, "")
        found.append(_finding(one, sex, _pattern(one, sex, references, settings)))
    found = [each for each in found if each is not None]
    return found + ([_partly_measured(partial)] if partial else [])


@dataclass(frozen=True)
class SexVerdict:
    """What the expression of one draw and kind of cell says of the recorded sex.

    Parameters
    ----------
    patient, visit
        Whose and which draw.
    assay, specimen, statistic
        What was measured of it.
    verdict
        One of the words above.
    measured
        The levels, in words.
    """

    patient: str
    visit: str
    assay: str
    specimen: str
    statistic: str
    verdict: str
    measured: str


def sex_verdicts(
    measurements: pd.DataFrame, patients: Iterable[Mapping], settings: Mapping
) -> list[SexVerdict]:
    """Return the verdict on every draw of which both sides were measured.

    Parameters
    ----------
    measurements, patients, settings
        As in `sex_findings`, which tells the same.
    """
    sexes = {one["patient"]: one.get("sex") or "" for one in patients}
    samples, _ = _samples(measurements)
    references = _References(samples, sexes)
    found = []
    for one in samples:
        sex = sexes.get(one.patient, "")
        verdict = _verdict(_pattern(one, sex, references, settings), sex)
        found.append(SexVerdict(one.patient, one.visit, *one.kind, verdict, _measured(one)))
    return found


def _verdict(pattern: str, sex: str) -> str:
    if sex not in _WORDS:
        return NOT_RECORDED
    if pattern == _WORDS[sex]:
        return AGREES
    if pattern == NEITHER and sex == "M":
        return AMBIGUOUS_LOY
    return {FEMALE: SWAP, MALE: SWAP, BOTH: BOTH_SEXES}.get(pattern, UNDETERMINED)


def _nothing_measured(partial: list[tuple]) -> dict:
    said = (
        f"of {len(partial)} draws only XIST or only genes of the Y chromosome were measured"
        if partial
        else "no expression of XIST and of a gene of the Y chromosome (RPS4Y1, DDX3Y, KDM5D, UTY, "
        "EIF1AY) was measured"
    )
    remedy = "Measure XIST and one of these genes, if the sex of the samples shall be checked."
    return row(RULE, NOTE, f"not judged: {said}", remedy, source=SOURCE)


def _partly_measured(partial: list[tuple]) -> dict:
    named = ", ".join(f"{patient} {visit}" for patient, visit in partial[:5])
    more = f" and {len(partial) - 5} more" if len(partial) > 5 else ""
    said = f"not judged at {named}{more}: XIST or every gene of the Y chromosome has no value there"
    return row(RULE, NOTE, said, "Measure both, or leave it.", source=SOURCE)


def _samples(measurements: pd.DataFrame) -> tuple[list[_Sample], list[tuple[str, str]]]:
    """Return what was measured of each draw and kind of cell, and the draws that lack one side."""
    levels = defaultdict(dict)
    genes = (XIST, *Y_GENES)
    # Not by pandas' text methods, which make no column of an empty table.
    is_asked = [one.partition("__")[0].lower() in genes for one in measurements["feature"]]
    rows = measurements[np.array(is_asked, dtype=bool)]
    for one in rows.to_dict("records"):
        gene, _, statistic = one["feature"].lower().partition("__")
        if statistic.startswith(_LOG2):
            draw = (one["patient"], one["visit"], one["timepoint"], one["specimen"])
            levels[(*draw, one["assay"], statistic)][gene] = _level(one)
    samples, partial = [], {}
    for (patient, visit, timepoint, specimen, assay, statistic), by_gene in levels.items():
        xist, y = by_gene.get(XIST), _mean([by_gene.get(gene) for gene in Y_GENES])
        if xist is None or y is None:
            partial[patient, visit] = None
            continue
        kind = (assay, specimen, statistic)
        shown = visit if timepoint in ("", "pre") else f"{visit} {timepoint}"
        samples.append(_Sample(patient, shown, kind, xist, y))
    complete = {(one.patient, one.visit) for one in samples}
    return samples, [draw for draw in partial if draw not in complete]


def _level(one: Mapping) -> _Level | None:
    if one["status"] not in USABLE:
        return None
    is_detected = one["status"] in ("ok", "gt_uloq")
    value = one["value"] if one["status"] == "ok" else one["limit"]
    return _Level(float(value), is_detected) if math.isfinite(value) else None


def _mean(levels: Iterable[_Level | None]) -> _Level | None:
    """Mean of the Y genes; those below their limits enter by them, so it is a bound if all are."""
    known = [level for level in levels if level is not None]
    if not known:
        return None
    detected = any(level.is_detected for level in known)
    return _Level(fmean(level.value for level in known), detected)


class _References:
    """How strongly those express a gene who are recorded to have it, of each assay and cell."""

    def __init__(self, samples: Iterable[_Sample], sexes: Mapping[str, str]):
        self._levels = defaultdict(lambda: defaultdict(list))
        for one in samples:
            sex = sexes.get(one.patient)
            level = {"F": one.xist, "M": one.y}.get(sex)
            if level is not None and level.is_detected:
                self._levels[one.kind, sex][one.patient].append(level.value)

    def usual(self, one: _Sample, sex: str) -> float | None:
        """Median over the other patients of that sex; None where there are too few.

        XIST in women and Y genes in men are of like abundance, so that in sequencing, whose scale
        is one for all genes, either may stand for the other.
        """
        others = [sex]
        others += ["M" if sex == "F" else "F"] if one.kind[0] in _COMPARABLE_ASSAYS else []
        for other in others:
            known = {
                patient: median(values)
                for patient, values in self._levels[one.kind, other].items()
                if patient != one.patient
            }
            if len(known) >= _FEWEST_REFERENCES:
                return median(known.values())
        return None


def _pattern(one: _Sample, sex: str, references: _References, settings: Mapping) -> str:
    """Say whose pattern of expression it is.

    Where nothing says how strongly a gene is usually expressed, the difference suffices to agree
    with the recorded sex; to contradict it, the other gene must not be detected at all.
    """
    has_xist = _is_present(one.xist, references.usual(one, "F"), settings)
    has_y = _is_present(one.y, references.usual(one, "M"), settings)
    if has_xist is False and has_y is False:
        return NEITHER
    margin = settings["sex_margin_log2"]
    # Of a gene below its limit the difference takes the limit: it is no larger than it says.
    if one.difference >= margin and (
        has_xist or (has_xist is None and (sex == "F" or not one.y.is_detected))
    ):
        return FEMALE
    if one.difference <= -margin and (
        has_y or (has_y is None and (sex == "M" or not one.xist.is_detected))
    ):
        return MALE
    return BOTH if has_xist and has_y else UNCLEAR


def _is_present(level: _Level, usual: float | None, settings: Mapping) -> bool | None:
    """Say whether a gene is expressed; None if it was detected and no usual level is known."""
    if not level.is_detected:
        return False
    if usual is None:
        return None
    return level.value > usual - settings["sex_absent_log2"]


def _finding(one: _Sample, sex: str, pattern: str) -> dict | None:
    measured, verdict = _measured(one), _verdict(pattern, sex)
    if verdict == NOT_RECORDED:
        said = f"not judged: the sex is not recorded; {measured}"
        return _row(one, NOTE, said, "Enter the sex in the patients sheet, if it is known.")
    if verdict == AGREES:
        return None
    recorded = f"recorded as {_WORDS[sex]}"
    if verdict == SWAP:
        said = f"{recorded}, and the expression is that of a {pattern}: {measured}"
        return _row(one, ERROR, said, f"{_FIND_OUT} Or correct the sex in the patients sheet.")
    if verdict == BOTH_SEXES:
        said = f"{recorded}, and both XIST and genes of the Y chromosome are expressed: {measured}"
        remedy = (
            "Cells of two people: ask for an allogeneic transplant or a transfusion; if there was "
            "none, the sample is contaminated."
        )
        return _row(one, WARNING, said, remedy)
    if verdict == AMBIGUOUS_LOY:
        said = f"undetermined, loss of Y possible: {recorded}, neither is expressed: {measured}"
        return _row(one, NOTE, said, "Nothing, unless genotypes are at hand: it is no mismatch.")
    what = "neither is expressed" if pattern == NEITHER else "neither pattern is clear"
    said = f"undetermined: {recorded}, {what}: {measured}"
    return _row(one, NOTE, said, "Look at the quality of the RNA, or compare genotypes.")


def _measured(one: _Sample) -> str:
    xist, y = (
        f"{'' if level.is_detected else 'below '}{level.value:.1f}" for level in (one.xist, one.y)
    )
    statistic = one.kind[2].replace("__", ", ")
    return f"XIST {xist}, mean of Y genes {y} ({one.kind[0]}, {statistic})"


def _row(one: _Sample, severity: str, finding: str, resolve: str) -> dict:
    return row(RULE, severity, finding, resolve, one.patient, one.visit, SOURCE)
