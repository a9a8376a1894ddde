"""Which draws fit another patient better than chance lets any draw of the cohort do.

What chance does is learned from the cohort itself: each draw is given the deviation of a draw of
another patient, over and over, and the most that any draw of such a cohort gains as another
patient's is kept. A true exchange leaves two large deviations, which point from one patient to
another; given to a third patient they point nowhere in particular.
"""

from dataclasses import dataclass

import numpy as np

from correlates.cohort.integrity.lineage.distances import Distances

_MOST_DONORS = 150
_MOST_STEPS = 20
_SINGLE, _PAIR, _FLOOR = "single", "pair", "floor"


@dataclass(frozen=True)
class Alarm:
    """One draw that fits another patient, or two draws that fit each other's.

    Parameters
    ----------
    draws
        Place of the draw, or of both.
    patients
        Place of the patient that each fits.
    gain
        Twice the log likelihood gained.
    p
        Chance that a cohort without any exchange shows as much anywhere.
    """

    draws: tuple[int, ...]
    patients: tuple[int, ...]
    gain: float
    p: float


def find_alarms(
    distances: Distances, judged: np.ndarray, level: float, replicates: int, seed: int
) -> tuple[list[Alarm], float]:
    """Find draws that fit another patient, at a level for the whole cohort.

    Parameters
    ----------
    distances
        Of all draws.
    judged
        Which draws are judged, shape (draws,).
    level
        Chance of any alarm in a cohort without an exchange; half is for single draws, half for
        pairs.
    replicates, seed
        Cohorts drawn for what chance does, and the seed.

    Returns
    -------
    Alarms, the strongest first, and the gain from which a single draw would be one.
    """
    rng = np.random.default_rng(seed)
    patient = distances.prints.patient_of
    gains = np.where(judged[:, None], distances.better_as, -np.inf)
    gains[np.arange(len(patient)), patient] = -np.inf
    open_draws = judged.copy()
    alarms: list[Alarm] = []
    threshold = np.inf
    for _ in range(_MOST_STEPS):
        null = _null(distances, open_draws, level, replicates, rng)
        if null is None:
            break
        threshold = float(np.quantile(null[_SINGLE], 1 - level / 2))
        best = _best(gains, patient, open_draws, null)
        if best is None or best.p > level / 2:
            break
        alarms.append(best)
        open_draws[list(best.draws)] = False
    return alarms, threshold


def _best(gains, patient, open_draws, null) -> Alarm | None:
    """Return the pair or the single draw that chance explains least, pairs first."""
    places = np.flatnonzero(open_draws)
    if not len(places):
        return None
    singles = gains[places]
    at = np.unravel_index(np.argmax(singles), singles.shape)
    single = Alarm(
        (int(places[at[0]]),), (int(at[1]),), float(singles[at]), _p(singles[at], null[_SINGLE])
    )
    both = _pairs(singles, patient[places], null[_FLOOR])
    at = np.unravel_index(np.argmax(both), both.shape)
    first, second = (int(places[one]) for one in at)
    pair = Alarm(
        (first, second),
        (int(patient[second]), int(patient[first])),
        float(both[at]),
        _p(both[at], null[_PAIR]),
    )
    found = [one for one in (pair, single) if one.gain > 0]
    return min(found, key=lambda one: one.p, default=None)


def _p(gain: float, null: np.ndarray) -> float:
    return float((1 + (null >= gain).sum()) / (1 + len(null)))


def _pairs(gains: np.ndarray, patient: np.ndarray, floor: float) -> np.ndarray:
    """Gain of each two draws as each other's patient's; minus infinity if there is none.

    Together they must gain, and each alone more than chance gives any draw, or at least something.
    """
    one = gains[:, patient]
    both = one + one.T
    return np.where((np.minimum(one, one.T) > floor) & (both > 0), both, -np.inf)


def _null(
    distances: Distances,
    open_draws: np.ndarray,
    level: float,
    replicates: int,
    rng: np.random.Generator,
) -> dict | None:
    """Return the largest gains in cohorts in which every draw is its own patient's.

    Of single draws and of pairs, one a cohort, and the gain that each draw of a pair must exceed.
    """
    patient = distances.prints.patient_of
    places = np.flatnonzero(open_draws)
    if len(np.unique(patient[places])) < 2:
        return None
    donors = places
    if len(donors) > _MOST_DONORS:
        donors = rng.choice(donors, _MOST_DONORS, replace=False)
    table = np.stack([distances.moved(draw, donors) for draw in places]).astype(np.float32)
    table[np.arange(len(places)), :, patient[places]] = -np.inf
    allowed = patient[places][:, None] != patient[donors][None, :]
    at = np.arange(len(places))
    given_to = np.stack([_deal(allowed, at, rng) for _ in range(replicates)])
    single = np.array([table[at, donors].max() for donors in given_to])
    floor = min(0.0, float(np.quantile(single, 1 - level / 2)))
    pair = np.array([_pairs(table[at, d], patient[places], floor).max() for d in given_to])
    return {_SINGLE: single, _PAIR: pair, _FLOOR: floor}


def _deal(allowed: np.ndarray, at: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Deal each draw a donor of another patient, as far as can be each donor once."""
    any_other = rng.random(allowed.shape, dtype=np.float32)
    any_other[~allowed] = -1.0
    chosen = any_other.argmax(axis=1)
    if allowed.shape[1] == len(at):
        dealt = rng.permutation(len(at))
        chosen = np.where(allowed[at, dealt], dealt, chosen)
    return chosen.astype(np.int32)


def find_odd(distances: Distances, judged: np.ndarray, level: float) -> np.ndarray:
    """Say which draws lie farther from their own patient's than those of all others do.

    Parameters
    ----------
    distances
        Of all draws.
    judged
        Which draws are judged.
    level
        Chance of any such draw in a cohort where the logarithm of the squared distance is normal.
    """
    from scipy.stats import t

    size = distances.own / np.maximum(distances.has.sum(axis=1), 1)
    logs = np.log(np.maximum(size, 1e-9))
    known = logs[judged]
    if len(known) < 4:
        return np.zeros(len(logs), dtype=bool)
    middle = np.median(known)
    # A mean of k squares of independent deviates differs by as much, however alike a few draws are.
    least = np.sqrt(2 / max(distances.has.shape[1], 1))
    spread = max(1.4826 * np.median(np.abs(known - middle)), least)
    limit = t.ppf(1 - level / len(known), df=len(known) - 1)
    return judged & (logs > middle + limit * spread)
