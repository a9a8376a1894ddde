"""Which exposures of a patient stand beside each other: ibrutinib alone and with lenalidomide."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

ALONE, COMBINATION = "IBR_RUNIN", "COMBO"
# Flags of a value that say how it came about, and what a reader of a ratio is told of them.
TOLD = {
    "predose_for_tau": "the value before the dose stands for the one at 24 h",
    "tau_extended": "the curve is carried to 24 h along its terminal slope",
    "tau_for_predose": "the value at 24 h stands for the one before the dose",
    "nominal_time_used": "a planned time stands for one that was not recorded",
    "sample_left_out": "a sample of the profile was left out",
    "off_drug": "a drug of the trial was being held",
}

OTHER_KIND = "profile of another kind (single dose, steady state) than that of ibrutinib alone"

PAIR_COLUMNS = (
    *("feature", "patient", "alone", "combination", "ratio", "alone_flags", "combination_flags"),
)


@dataclass(frozen=True)
class Pairs:
    """Exposures of patients in both phases.

    Parameters
    ----------
    table
        One row a patient with both: ``patient``, ``alone``, ``combination`` and the flags of both
        (``alone_flags``, ``combination_flags``, lists).
    single
        Patients with one of them: ``patient``, ``phase`` (0 alone, 1 combination), ``value``.
    missing
        How many patients lack a value, by phase and reason.
    visits
        Visits at which anybody has a row of this exposure.
    """

    table: pd.DataFrame
    single: pd.DataFrame
    missing: dict[str, Counter] = field(default_factory=dict)
    visits: tuple[str, ...] = ()

    @property
    def log_ratios(self) -> np.ndarray:
        """Natural logarithms of combination over alone, shape (n,)."""
        values = {name: self.table[name].to_numpy(float) for name in ("alone", "combination")}
        return np.log(values["combination"] / values["alone"])

    def rows(self, feature: str) -> list[dict]:
        """Return one row a patient with both, in the columns PAIR_COLUMNS."""
        return [
            {
                **{"feature": feature, "patient": row["patient"], "ratio": f"{ratio:.6g}"},
                **{name: f"{row[name]:.6g}" for name in ("alone", "combination")},
                **{name: ";".join(row[name]) for name in ("alone_flags", "combination_flags")},
            }
            for row, ratio in zip(
                self.table.to_dict("records"), np.exp(self.log_ratios), strict=True
            )
        ]

    def without(self, patients: Sequence[str]) -> "Pairs":
        """Return the pairs of other patients only."""
        return replace(self, table=self.table[~self.table["patient"].isin(patients)])


def pairs_of(
    measurements: pd.DataFrame,
    feature: str,
    alone_visits: Sequence[str],
    combination_visits: Sequence[str],
) -> Pairs:
    """Put the exposures of each patient side by side.

    Parameters
    ----------
    measurements
        The cohort's table, with phases.
    feature
        Which exposure.
    alone_visits, combination_visits
        Visits of each phase, the preferred one first; a draw whose phase is another, by the doses
        that were recorded, is not used, whatever its label.
    """
    rows = measurements[measurements["feature"] == feature]
    found, missing = {}, {}
    for name, visits, phase in (
        ("alone", alone_visits, ALONE),
        ("combination", combination_visits, COMBINATION),
    ):
        found[name], missing[name] = _of_phase(rows, visits, phase)
    columns = ["patient", "alone", "combination", "alone_flags", "combination_flags"]
    for patient in sorted(set(found["alone"]) & set(found["combination"])):
        if len({found[name][patient].get("method") for name in found}) > 1:
            # after one dose, and at steady state: their ratio is of the doses taken before
            del found["alone"][patient], found["combination"][patient]
            missing["combination"][OTHER_KIND] += 1
    both = [patient for patient in found["alone"] if patient in found["combination"]]
    table = [
        {"patient": patient}
        | {name: found[name][patient]["value"] for name in found}
        | {f"{name}_flags": list(found[name][patient]["flags"]) for name in found}
        for patient in both
    ]
    single = [
        {"patient": patient, "phase": int(name == "combination"), "value": row["value"]}
        for name, of_name in found.items()
        for patient, row in of_name.items()
        if patient not in both
    ]
    singles = pd.DataFrame(single, columns=["patient", "phase", "value"])
    drawn = tuple(sorted(set(rows["visit"])))
    return Pairs(pd.DataFrame(table, columns=columns), singles, missing, drawn)


def _of_phase(
    rows: pd.DataFrame, visits: Sequence[str], phase: str
) -> tuple[dict[str, dict], Counter]:
    """Return the first usable value of each patient, and why others have none."""
    found, missing = {}, Counter()
    for patient, own in rows.groupby("patient", sort=True):
        of_visits = own[own["visit"].isin(visits)]
        order = of_visits["visit"].map({visit: place for place, visit in enumerate(visits)})
        drawn = of_visits.assign(order=order).sort_values("order", kind="stable").to_dict("records")
        is_usable = [
            one["status"] == "ok" and one["phase"] == phase and one["value"] > 0 for one in drawn
        ]
        if any(is_usable):
            found[str(patient)] = drawn[is_usable.index(True)]
        else:
            missing[_why(drawn, phase, visits)] += 1
    return found, missing


def _why(drawn: list[dict], phase: str, visits: Sequence[str]) -> str:
    if not drawn:
        return f"no profile at {' or '.join(visits)}"
    if all(one["phase"] != phase for one in drawn):
        return f"not in the phase {phase} by the recorded doses"
    if any(one["status"] in ("lt_lloq", "nd") for one in drawn):
        return "below the limit of quantification"
    return "profile not evaluable"
