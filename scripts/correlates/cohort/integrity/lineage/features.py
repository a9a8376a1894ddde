"""What a fingerprint is made of: shares of lineages and the clone's phenotype, draw by draw."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from correlates.measurements import INTENSITIES

DRAW = ["patient", "visit", "timepoint", "specimen"]
_DISPLAY_ONLY = "display_only_compositional"
_PERCENT = "pct"
_QUANTIFIED = ("ok", "lt_lloq")
_ASSAY = "flow"
# A visit at which fewer patients were drawn tells nothing of itself; its phase does.
_FEWEST_AT_A_VISIT = 3
# Standard errors between the ends of an interval of 95 %.
_ERRORS_OF_INTERVAL = 2 * 1.959964


@dataclass(frozen=True)
class Fingerprints:
    """Draws of one specimen by features, on scales on which differences add up.

    Parameters
    ----------
    draws
        One row a draw: patient, visit, timepoint, specimen, phase and day.
    names
        Features.
    values
        Natural log odds of shares, natural logarithm of intensities; shape (draws, features), NaN
        where there is none.
    variances
        Of the measurement alone, from the counted events; same shape, NaN where there is none.
    batches
        Which batch each value is of, an integer from 0; -1 where there is no value.
    """

    draws: pd.DataFrame
    names: list[str]
    values: np.ndarray
    variances: np.ndarray
    batches: np.ndarray

    @property
    def patients(self) -> list[str]:
        """The patients, sorted."""
        return sorted(self.draws["patient"].unique())

    @property
    def patient_of(self) -> np.ndarray:
        """Place of each draw's patient among the patients."""
        return pd.Categorical(self.draws["patient"], categories=self.patients).codes.astype(int)

    def only(self, chosen: Collection[int]) -> "Fingerprints":
        """Return these with some of the features, in the order given."""
        places = list(chosen)
        return Fingerprints(
            self.draws,
            [self.names[place] for place in places],
            *(part[:, places] for part in (self.values, self.variances, self.batches)),
        )

    @property
    def occasions(self) -> tuple[np.ndarray, np.ndarray]:
        """Phase and visit of each draw as integers; a rare visit is its phase's common one."""
        phases = pd.factorize(self.draws["phase"], sort=True)[0]
        named = self.draws["visit"] + "|" + self.draws["timepoint"]
        counts = self.draws.groupby(named)["patient"].nunique()
        is_common = named.map(counts) >= _FEWEST_AT_A_VISIT
        visits = pd.factorize(named.where(is_common, "phase " + self.draws["phase"]), sort=True)[0]
        return phases, visits


def fingerprints_of(
    measurements: pd.DataFrame, intensities_of: Collection[str], min_share_of_draws: float = 0.7
) -> list[Fingerprints]:
    """Return the fingerprints of each specimen.

    Parameters
    ----------
    measurements
        Measurement table. Taken are shares of parents that hold no clone or nothing but the clone
        (those of other parents are flagged as for display), and intensities of the populations
        named, where they were quantified.
    intensities_of
        Populations whose marker intensities count, such as ``cll``.
    min_share_of_draws
        Share of the draws that must have a feature for it to be used.
    """
    rows = measurements[
        (measurements["assay"] == _ASSAY) & measurements["status"].isin(_QUANTIFIED)
    ]
    is_shown_only = np.array([_DISPLAY_ONLY in flags for flags in rows["flags"]], dtype=bool)
    rows = rows[~is_shown_only]
    if rows.empty:
        return []
    population, _, rest = _split(rows["feature"])
    statistic = rest.str.partition("__")[0]
    is_share = (statistic == _PERCENT) & rows["value"].between(0, 100)
    is_intensity = statistic.isin(INTENSITIES[:1]) & population.isin(set(intensities_of))
    is_intensity &= (rows["value"] > 0) & (rows["status"] == "ok")
    known = pd.concat([_shares(rows[is_share]), _intensities(rows[is_intensity])])
    return [_matrices(own, min_share_of_draws) for _, own in known.groupby("specimen", sort=True)]


def _split(features: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series]:
    # Not by pandas' text methods, which make no column of an empty table.
    parts = [one.partition("__") for one in features]
    return tuple(
        pd.Series([part[place] for part in parts], index=features.index, dtype=object)
        for place in range(3)
    )


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    """Log odds with half an event added to either side, and their variance by counting."""
    share = rows["value"].astype(float) / 100
    within = rows["n"].astype(float)
    parent = within / share.where(share > 0)
    by_interval = (_log_odds(rows["ci_high"] / 100) - _log_odds(rows["ci_low"] / 100)) ** 2
    by_interval /= _ERRORS_OF_INTERVAL**2
    counted = parent.notna() & (parent >= within) & (within > 0)
    rest = (parent - within).where(counted)
    value = np.log((within + 0.5) / (rest + 0.5)).where(counted, _log_odds(share))
    variance = (1 / (within + 0.5) + 1 / (rest + 0.5)).where(counted, by_interval)
    return rows.assign(at=value, variance=variance)


def _log_odds(share: pd.Series) -> pd.Series:
    kept = share.astype(float).clip(1e-6, 1 - 1e-6)
    return np.log(kept / (1 - kept))


def _intensities(rows: pd.DataFrame) -> pd.DataFrame:
    low, high = (rows[name].astype(float) for name in ("ci_low", "ci_high"))
    spread = np.log(high.where(high > 0)) - np.log(low.where(low > 0))
    return rows.assign(
        at=np.log(rows["value"].astype(float)), variance=(spread / _ERRORS_OF_INTERVAL) ** 2
    )


def _matrices(known: pd.DataFrame, min_share: float) -> Fingerprints:
    known = known[np.isfinite(known["at"])]
    known = known.assign(variance=known["variance"].where(np.isfinite(known["variance"]), 0.0))
    about = known.groupby(DRAW, sort=True)[["phase", "day"]].first().reset_index()
    count = known.groupby("feature").size()
    names = sorted(count.index[count >= min_share * len(about)])
    known = known[known["feature"].isin(names)]
    index = pd.MultiIndex.from_frame(about[DRAW])
    runs = {run: code for code, run in enumerate(sorted(known["run"].unique()))}
    known = known.assign(batch=known["run"].map(runs))

    def matrix(column: str) -> np.ndarray:
        wide = known.pivot(index=DRAW, columns="feature", values=column)
        return wide.reindex(index=index, columns=names).to_numpy(dtype=float)

    batches = np.nan_to_num(matrix("batch"), nan=-1).astype(int)
    return Fingerprints(about, names, matrix("at"), matrix("variance"), batches)
