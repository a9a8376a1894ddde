"""How far each draw lies from its own patient's other draws, and from every other patient's."""

from dataclasses import dataclass

import numpy as np

from correlates.cohort.integrity.lineage.features import Fingerprints
from correlates.cohort.integrity.lineage.model import FeatureFit, fit_feature

# One badly gated population shall not make a stranger of a draw.
_FARTHEST_SD = 4.0
# A draw whose mean square exceeds this counts less in what it is compared with, the others of its
# patient more: in a few rounds an odd one hardly counts any more.
_ODD_MEAN_SQUARE = 1.5
_ROUNDS = 4
_SPOILT_SD = 20.0
_MOST_CORRELATED = 0.9
_FEWEST_DRAWS_A_FEATURE = 3


@dataclass(frozen=True)
class Distances:
    """Each draw against its own patient and all others.

    Parameters
    ----------
    prints
        The fingerprints, with the chosen features only.
    deviations
        Of each draw from what its own patient's other draws predict, in standard deviations, shape
        (draws, features); 0 where it has no value.
    own
        Squared distance to the own patient, shape (draws,).
    to_patient
        The same to each patient, shape (draws, patients); NaN to the own one.
    shift, ratio
        A deviation times the ratio plus the shift is that from another patient, shape (draws,
        patients, features).
    pulls, shift_fitted
        How far leaving a draw out moves its own prediction, in its standard deviations, shape
        (draws, features); and the shift from the prediction with the draw among the rest.
    precision
        Inverse of the correlation of the deviations, shape (features, features).
    log_own, log_to
        Logarithms of the predicted variances, summed over the features of each draw.
    has
        Which draw has which feature, shape (draws, features).
    """

    prints: Fingerprints
    deviations: np.ndarray
    own: np.ndarray
    to_patient: np.ndarray
    shift: np.ndarray
    ratio: np.ndarray
    pulls: np.ndarray
    shift_fitted: np.ndarray
    precision: np.ndarray
    log_own: np.ndarray
    log_to: np.ndarray
    has: np.ndarray

    @property
    def better_as(self) -> np.ndarray:
        """Twice the log likelihood that a draw gains as each other patient's."""
        return (self.own + self.log_own)[:, None] - (self.to_patient + self.log_to)

    def between(self, draw: int, one: int, other: int) -> tuple[np.ndarray, np.ndarray]:
        """Place a draw between two patients, feature by feature.

        Returns
        -------
        Where it lies: 0 as the first patient's draws predict, 1 as the other's do; NaN where it has
        no value. And how far the two predictions are apart, in standard deviations.
        """
        own = self.deviations[draw]
        to_one, to_other = (
            own + self.shift[draw, who] / np.where(self.has[draw], self.ratio[draw, who], 1.0)
            for who in (one, other)
        )
        apart = to_one - to_other
        known = self.has[draw] & (apart != 0)
        return np.where(known, to_one / np.where(known, apart, 1.0), np.nan), np.abs(apart)

    def moved(self, draw: int, donors: np.ndarray) -> np.ndarray:
        """Return what a draw would gain as each patient's if it deviated as others do.

        What a draw deviates by and what its absence does to the prediction belong together: both
        are large in a patient whose blood is restless, and then the prediction lies beyond where
        the patient is, the draw on the side of all others.

        Parameters
        ----------
        draw
            Which draw.
        donors
            Draws whose deviations from their own patients it is given.

        Returns
        -------
        Shape (donors, patients).
        """
        own = np.where(self.has[draw], self.deviations[donors], 0.0)
        whole = own + np.where(self.has[draw], self.pulls[donors], 0.0)
        others = whole[:, None, :] * self.ratio[draw] + self.shift_fitted[draw]
        gained = _squared(own, self.precision)[:, None] - _squared(others, self.precision)
        return gained + self.log_own[draw] - self.log_to[draw]


def choose_features(
    prints: Fingerprints, min_stability: float, most: int
) -> tuple[Fingerprints, list[float]]:
    """Return fingerprints of the features that tell patients apart, and their stabilities.

    Parameters
    ----------
    prints
        Fingerprints of one specimen.
    min_stability
        Least share of a feature's variance that must be between patients.
    most
        Most features; of several that say the same, the most stable one is taken.
    """
    fits = _fit_all(prints, np.ones(len(prints.draws)))
    chosen = _choose(prints, fits, min_stability, most)
    return prints.only(chosen), [fits[place].stability for place in chosen]


def distances_of(prints: Fingerprints) -> Distances:
    """Measure all distances of the draws of one specimen.

    Parameters
    ----------
    prints
        Fingerprints with the features that are to be used, one at least.
    """
    fits = _fit_all(prints, np.ones(len(prints.draws)))
    for _ in range(_ROUNDS):
        fits = _fit_all(prints, _weights(prints, fits))
    return _measure(prints, fits)


def _weights(prints: Fingerprints, fits: list[FeatureFit]) -> np.ndarray:
    """Return how much each draw counts: little where most of its features are off."""
    deviations = np.stack(
        [(prints.values[:, place] - fit.own) / fit.own_sd for place, fit in enumerate(fits)], -1
    )
    squares = np.minimum(np.nan_to_num(deviations) ** 2, _SPOILT_SD**2)
    mean = squares.sum(axis=1) / np.maximum(np.isfinite(deviations).sum(axis=1), 1)
    return np.minimum(1.0, _ODD_MEAN_SQUARE / np.maximum(mean, 1e-9))


def _fit_all(prints: Fingerprints, weights: np.ndarray) -> list[FeatureFit | None]:
    phases, visits = prints.occasions
    fits = []
    for place in range(len(prints.names)):
        batch = np.maximum(prints.batches[:, place], 0)
        values = prints.values[:, place]
        if np.isfinite(values).sum() < _FEWEST_DRAWS_A_FEATURE or np.nanstd(values) == 0:
            fits.append(None)
            continue
        factors = (phases, visits, batch)
        error = prints.variances[:, place]
        fits.append(fit_feature(values, error, factors, prints.patient_of, weights))
    return fits


def _choose(prints, fits, min_stability: float, most: int) -> list[int]:
    """Return the places of features that are stable within patients and say different things."""
    stable = [p for p, fit in enumerate(fits) if fit and fit.stability >= min_stability]
    stable.sort(key=lambda place: (-fits[place].stability, prints.names[place]))
    centred = np.nan_to_num(prints.values - np.nanmedian(prints.values, axis=0))
    chosen: list[int] = []
    for place in stable:
        said = [abs(_correlation(centred[:, place], centred[:, other])) for other in chosen]
        if max(said, default=0.0) < _MOST_CORRELATED:
            chosen.append(place)
        if len(chosen) == most:
            break
    return chosen


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    size = np.sqrt((one**2).sum() * (other**2).sum())
    return float((one * other).sum() / size) if size > 0 else 0.0


def _measure(prints: Fingerprints, fits: list[FeatureFit]) -> Distances:
    own, own_sd, fitted = (
        np.stack([getattr(f, name) for f in fits], -1) for name in ("own", "own_sd", "fitted")
    )
    other, other_sd = (
        np.stack([getattr(f, name) for f in fits], -1) for name in ("as_patient", "as_patient_sd")
    )
    has = np.isfinite(prints.values) & np.isfinite(own)
    deviations = np.where(has, (prints.values - own) / own_sd, 0.0)
    wide = has[:, None, :]
    ratio = np.where(wide, own_sd[:, None, :] / other_sd, 0.0)
    shift = np.where(wide, (own[:, None, :] - other) / other_sd, 0.0)
    fitted_shift = np.where(wide, (fitted[:, None, :] - other) / other_sd, 0.0)
    precision = _inverse_correlation(np.clip(deviations, -_FARTHEST_SD, _FARTHEST_SD))
    distances = _squared(deviations[:, None, :] * ratio + shift, precision)
    distances[np.arange(len(has)), prints.patient_of] = np.nan
    log_own = 2 * np.where(has, np.log(np.where(has, own_sd, 1.0)), 0.0).sum(axis=1)
    log_to = 2 * np.where(wide, np.log(np.where(wide, other_sd, 1.0)), 0.0).sum(axis=2)
    return Distances(
        prints=prints,
        deviations=deviations,
        own=_squared(deviations, precision),
        to_patient=distances,
        shift=shift,
        ratio=ratio,
        pulls=np.where(has, (own - fitted) / own_sd, 0.0),
        shift_fitted=fitted_shift,
        precision=precision,
        log_own=log_own,
        log_to=log_to,
        has=has,
    )


def _squared(deviations: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Squared length in units of what is usual; no single feature counts beyond its limit."""
    kept = np.clip(deviations, -_FARTHEST_SD, _FARTHEST_SD)
    return np.einsum("...f,...f->...", kept @ precision, kept)


def _inverse_correlation(deviations: np.ndarray) -> np.ndarray:
    """Invert the correlation of deviations, shrunk toward none by as much as it is uncertain.

    Source of the shrinkage: Schaefer and Strimmer, Stat Appl Genet Mol Biol 2005;4:32.
    """
    count, width = deviations.shape
    scale = np.sqrt((deviations**2).mean(axis=0))
    unit = deviations / np.where(scale > 0, scale, 1.0)
    products = np.einsum("di,dj->dij", unit, unit)
    mean = products.mean(axis=0)
    doubt = ((products - mean) ** 2).sum(axis=0) / (count * max(count - 1, 1))
    off = ~np.eye(width, dtype=bool)
    size = float((mean[off] ** 2).sum())
    shrink = min(1.0, float(doubt[off].sum()) / size) if size > 0 else 1.0
    return np.linalg.inv((1 - shrink) * mean * off + np.eye(width))
