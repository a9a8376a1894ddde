"""Events drawn against their density, so that a map has nodes for rare cells too.

Where a clone is nine of ten cells, it takes nine of ten nodes, and its metaclusters are chance.

Source: Qiu et al., Nat Biotechnol 2011;29:886 (SPADE's density-dependent down-sampling; here the
draw is with replacement, in proportion to 1 / density, and nothing is dropped as an outlier).
"""

import numpy as np
from numba import njit
from scipy.spatial import cKDTree

# Events that density is measured against.
_REFERENCES = 1_000
# Radius of a neighbourhood, in median distances between nearest references.
_RADIUS = 2.0


def thinned_order(events: np.ndarray, seed: int) -> np.ndarray:
    """Return as many numbers of events as there are, (events,), crowded ones less often.

    Parameters
    ----------
    events
        Values, (events, markers).
    seed
        Decides the references and the draw.
    """
    rng = np.random.default_rng([seed, 1])
    size = min(_REFERENCES, len(events))
    references = events[rng.choice(len(events), size, replace=False)].astype(np.float64)
    nearest, _ = cKDTree(references).query(references, k=2)
    radius = _RADIUS * float(np.median(nearest[:, 1]))
    crowd = 1 + _within(np.ascontiguousarray(events, np.float32), references, radius**2)
    share = np.cumsum(1.0 / crowd)
    return np.searchsorted(share, rng.random(len(events)) * share[-1])


@njit(nogil=True)
def _within(events, references, squared):
    counts = np.zeros(events.shape[0], np.int64)
    for number in range(events.shape[0]):
        for other in range(references.shape[0]):
            total = 0.0
            for marker in range(events.shape[1]):
                step = events[number, marker] - references[other, marker]
                total += step * step
            if total <= squared:
                counts[number] += 1
    return counts
