"""Exposure to lenalidomide against the literature: the design has no profile without ibrutinib."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.analyses.answers import answer
from correlates.analyses.pk.ratio import geometric_mean_ratio
from correlates.analyses.wording import number

QUESTION = "Is the exposure to lenalidomide that of the literature?"
CONTRAST = "observed / expected of creatinine clearance, between studies"
FEATURES = {
    "lenalidomide__auc_inf_dn": "AUCinf of lenalidomide after its first dose, per mg",
    "lenalidomide__auc_tau_dn": "AUC0-tau of lenalidomide at steady state, per mg",
}
WITHIN, OUTSIDE, NOT_ESTIMABLE = "interval_holds_literature", "interval_excludes", "not_estimable"
_MEANING = {
    WITHIN: "An interval that holds 1 does not show that exposure is that of the literature.",
    OUTSIDE: "The whole interval lies away from 1.",
}
CAUTION = (
    "Every profile of lenalidomide was taken on ibrutinib, so no patient has a contrast of his own:"
    " a ratio other than 1 may be ibrutinib, the patients, the assay or the literature's."
)


@dataclass(frozen=True)
class LiteratureSettings:
    """The config's block ``pk.lenalidomide``."""

    auc_per_mg: float = 85.2
    crcl_ml_min: float = 80.0
    renal_share: float = 0.82

    def expected(self, crcl_ml_min: np.ndarray) -> np.ndarray:
        """Return the AUC of one milligram that the literature lets expect, in ng h/mL.

        The renal share of the clearance is taken to be proportional to creatinine clearance, the
        rest not to depend on it.
        """
        relative = np.asarray(crcl_ml_min, dtype=float) / self.crcl_ml_min
        return self.auc_per_mg / (self.renal_share * relative + 1 - self.renal_share)


def literature_answers(
    measurements: pd.DataFrame,
    crcl: Mapping[str, float | None],
    settings: LiteratureSettings,
    confidence: float = 0.90,
) -> list[dict]:
    """Hold each patient's exposure per milligram against what creatinine clearance lets expect.

    Parameters
    ----------
    measurements
        The cohort's table.
    crcl
        Creatinine clearance by patient, mL/min; None where it is not known.
    settings
        The literature.
    confidence
        Level of the interval.
    """
    return [
        _answer(feature, words, measurements, crcl, settings, confidence)
        for feature, words in FEATURES.items()
    ]


def _answer(
    feature: str,
    words: str,
    measurements: pd.DataFrame,
    crcl: Mapping[str, float | None],
    settings: LiteratureSettings,
    confidence: float,
) -> dict:
    rows = measurements[measurements["feature"] == feature]
    if rows.empty:
        asked = answer("pk", QUESTION, feature, CONTRAST, n=0, n_censored=0)
        asked |= {"unit": "ratio", "confidence": confidence, "verdict": NOT_ESTIMABLE}
        return asked | {"sentence": f"{words} was measured in no profile.", "caution": CAUTION}
    rows = rows[rows["status"] == "ok"]
    rows = rows.sort_values("day", kind="stable").drop_duplicates("patient")
    known = rows[[crcl.get(patient) is not None for patient in rows["patient"]]]
    no_crcl = len(rows) - len(known)
    asked = answer("pk", QUESTION, feature, CONTRAST, n=len(known), n_censored=0)
    asked |= {"unit": "ratio", "confidence": confidence, "caution": CAUTION}
    lacking = f"Left out: {no_crcl} without a creatinine clearance." if no_crcl else ""
    if len(known) < 2:
        sentence = f"{words}: {len(known)} patients with a value and a creatinine clearance."
        return asked | {"verdict": NOT_ESTIMABLE, "sentence": f"{sentence} {lacking}".strip()}
    values = known["value"].to_numpy(float)
    clearance = np.array([crcl[patient] for patient in known["patient"]], dtype=float)
    ratio = geometric_mean_ratio(np.log(values / settings.expected(clearance)), confidence)
    crude = geometric_mean_ratio(np.log(values / settings.auc_per_mg), confidence)
    verdict = WITHIN if ratio.low <= 1 <= ratio.high else OUTSIDE
    found = {"estimate": ratio.estimate, "ci_low": ratio.low, "ci_high": ratio.high}
    sentence = (
        f"{words} was {number(ratio.estimate)} times what the literature lets expect of each "
        f"patient's creatinine clearance ({100 * confidence:g} % interval {number(ratio.low)} to "
        f"{number(ratio.high)}; n = {ratio.n}; spread between patients {100 * ratio.cv:.0f} %). "
        f"Not adjusted for clearance it was {number(crude.estimate)} times {settings.auc_per_mg:g} "
        f"ng h/mL. {_MEANING[verdict]} {lacking}"
    )
    return asked | found | {"verdict": verdict, "sentence": sentence.strip()}
