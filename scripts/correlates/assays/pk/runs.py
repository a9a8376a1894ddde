"""Analytical runs judged by their standards, blanks and quality control samples.

Source of the default limits: ICH M10, bioanalytical method validation and study sample analysis.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from correlates.assays.pk.concentrations import Unreadable, nominal_ng_ml, read_concentration
from correlates.assays.pk.profiles import BLANK, QC, STANDARD
from correlates.assays.quality import FAIL, FLAG, Reason, control_row


@dataclass(frozen=True)
class RunSettings:
    """Limits of a run; the config's block ``pk.runs``.

    Parameters
    ----------
    max_bias_pct, max_bias_lloq_pct
        Largest deviation from nominal, of a sample and of one at the limit of quantification.
    min_share_qc, min_share_qc_level
        Least share of quality controls within it: of all, and of each level.
    min_share_standards
        Least share of the calibration standards within it.
    max_cv_pct
        Largest coefficient of variation of a level between runs.
    """

    max_bias_pct: float = 15.0
    max_bias_lloq_pct: float = 20.0
    min_share_qc: float = 0.67
    min_share_qc_level: float = 0.5
    min_share_standards: float = 0.75
    max_cv_pct: float = 15.0


@dataclass(frozen=True)
class Control:
    """A quality control sample or standard with its deviation from nominal, in percent."""

    run: str
    analyte: str
    role: str
    level: str
    nominal: float
    conc: float
    bias_pct: float
    is_within: bool


def read_controls(
    rows: Iterable[Mapping], settings: RunSettings
) -> tuple[list[Control], list[dict]]:
    """Read quality controls and standards.

    Returns
    -------
    The controls, and the rows that are none (``row``, ``reason``). One that is written as below
    the limit of quantification has recovered nothing: its bias is -100 %.
    """
    controls, refused = [], []
    for row in rows:
        if row.get("role") not in (QC, STANDARD):
            continue
        try:
            lloq, nominal = read_concentration(row).lloq, nominal_ng_ml(row)
            # the number that was read, also below the limit: a standard at it may read less
            value = read_concentration(dict(row) | {"lloq_ng_ml": None, "lloq": None}).value or 0.0
        except Unreadable as error:
            refused.append({"row": row, "reason": str(error)})
            continue
        if not nominal:
            reason = "the nominal concentration is not given (nominal_ng_ml)"
            refused.append({"row": row, "reason": reason})
            continue
        is_at_limit = lloq is not None and nominal <= 1.001 * lloq
        most = settings.max_bias_lloq_pct if is_at_limit else settings.max_bias_pct
        bias = 100 * (value / nominal - 1)
        level = row.get("level") or f"{nominal:g} ng/mL"
        run, analyte, role = row.get("run") or "", row["analyte"], row["role"]
        is_within = abs(bias) <= most * (1 + 1e-9)
        controls.append(Control(run, analyte, role, level, nominal, value, bias, is_within))
    return controls, refused


def judge_run(
    run: str, rows: Iterable[Mapping], controls: Iterable[Control], settings: RunSettings
) -> list[Reason]:
    """Return why a run fails, or that nothing tells its accuracy; nothing if it passes."""
    own = [one for one in controls if one.run == run]
    failing = _of_blanks(run, rows)
    for analyte in sorted({one.analyte for one in own}):
        failing += _of_analyte([one for one in own if one.analyte == analyte], analyte, settings)
    if not failing and not any(one.role == QC for one in own):
        words = "No quality control with a nominal concentration: its accuracy is not known."
        return [Reason(FLAG, words)]
    return [Reason(FAIL, f"{words[0].upper()}{words[1:]}.") for words in failing]


def _of_analyte(own: list[Control], analyte: str, settings: RunSettings) -> list[str]:
    found = []
    qc = [one for one in own if one.role == QC]
    most = f"{settings.max_bias_pct:g} % of nominal"
    if qc and _share(qc) < settings.min_share_qc:
        found.append(
            f"{analyte}: {_within(qc)} quality controls within {most}, fewer than "
            f"{100 * settings.min_share_qc:g} %"
        )
    for level in sorted({one.level for one in qc}):
        of_level = [one for one in qc if one.level == level]
        if _share(of_level) < settings.min_share_qc_level:
            found.append(f"{analyte}: {_within(of_level)} controls {level} within {most}")
    standards = [one for one in own if one.role == STANDARD]
    if standards and _share(standards) < settings.min_share_standards:
        found.append(f"{analyte}: {_within(standards)} standards within {most}")
    return found


def _of_blanks(run: str, rows: Iterable[Mapping]) -> list[str]:
    found = []
    for row in rows:
        if row.get("role") != BLANK or (row.get("run") or "") != run:
            continue
        try:
            conc = read_concentration(row)
        except Unreadable:
            # an empty cell of a blank is a blank
            continue
        if conc.is_quantified:
            found.append(f"{row['analyte']}: a blank holds {conc.value:g} ng/mL")
    return found


def control_rows(controls: Iterable[Control], settings: RunSettings) -> list[dict]:
    """Return what each level of the quality controls varies by, over the means of the runs."""
    controls = [one for one in controls if one.role == QC]
    rows = []
    for analyte, level in sorted({(one.analyte, one.level) for one in controls}):
        own = [one for one in controls if (one.analyte, one.level) == (analyte, level)]
        runs = sorted({one.run for one in own})
        means = [float(np.mean([one.conc for one in own if one.run == run])) for run in runs]
        row = control_row("pk", analyte, level, means, settings.max_cv_pct)
        bias = 100 * (float(np.mean(means)) / own[0].nominal - 1)
        words = f"Accuracy {100 + bias:.0f} % of nominal ({own[0].nominal:g} ng/mL)."
        rows.append(row | {"reasons": f"{row['reasons']} {words}".strip()})
    return rows


def _share(controls: list[Control]) -> float:
    return sum(one.is_within for one in controls) / len(controls)


def _within(controls: list[Control]) -> str:
    return f"{sum(one.is_within for one in controls)} of {len(controls)}"
