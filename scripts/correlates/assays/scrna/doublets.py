"""Doublets: two cells under one barcode, by their likeness to pairs that are added up."""

import warnings
from dataclasses import dataclass

import anndata as ad
import numpy as np
from scipy import sparse
from scipy.ndimage import uniform_filter1d

from correlates.assays.scrna.variable import log_shares, variable_genes

# Below it neither components nor neighbours mean anything.
MIN_CELLS = 100
_COMPONENTS = 30
_VARIABLE = 5000
_BINS, _MOST_SMOOTHINGS = 256, 10_000
# Share of doublets that a droplet instrument makes, for each 1,000 cells recovered.
_PER_1000 = 0.008
# The scale of scrublet's scores; it moves them and their threshold alike.
_RATE = 0.05
# Share of simulated doublets above the threshold, below which it parts something else.
_LEAST_DETECTABLE = 0.25
_CELLS_A_COMPONENT = 15
# Share of the scores that a hill holds at least.
_LEAST_HILL = 0.05


@dataclass(frozen=True)
class Doublets:
    """What was seen of doublets in one lane.

    Parameters
    ----------
    scores
        Score of each cell, 0 to 1; NaN where it was not computed.
    threshold
        Score above which a cell is called a doublet; NaN where none was called.
    how
        ``valley`` (the two hills of simulated doublets part), ``expected_rate`` (they do not, or
        part where hardly any lies above, as where the lane is full of doublets: as many cells are
        called as the instrument is expected to make), ``not_evaluable`` (too few cells) or
        ``not_asked``.
    """

    scores: np.ndarray
    threshold: float
    how: str

    @property
    def called(self) -> np.ndarray:
        """Which cells are doublets."""
        return self.scores > self.threshold


def find_doublets(counts: sparse.csr_matrix, seed: int) -> Doublets:
    """Score the cells of one lane with scrublet and call doublets.

    Parameters
    ----------
    counts
        Raw counts of the sound cells, shape (cells, genes). Doublets arise within a lane, so cells
        of several lanes must not come together.
    seed
        Seed of the simulated pairs.

    Notes
    -----
    Scores as in Wolock et al., Cell Syst 2019;8:281, through scanpy. Its threshold comes from
    scikit-image, which is not needed: `valley` finds the same one.
    """
    n_cells = counts.shape[0]
    if n_cells < MIN_CELLS:
        return no_doublets(n_cells, "not_evaluable")
    scores, simulated = _scored(counts, seed)
    threshold = valley(simulated)
    if threshold is not None and (simulated > threshold).mean() >= _LEAST_DETECTABLE:
        return Doublets(scores, threshold, "valley")
    threshold = float(np.quantile(scores, 1 - expected_rate(n_cells)))
    return Doublets(scores, threshold, "expected_rate")


def no_doublets(n_cells: int, why: str) -> Doublets:
    """Return that no cell is called a doublet, and why none was looked for."""
    return Doublets(np.full(n_cells, np.nan), np.nan, why)


def expected_rate(n_cells: int) -> float:
    """Return the share of doublets that is expected of so many cells, at most a half."""
    return min(0.5, max(_PER_1000 * n_cells / 1000, 1 / max(n_cells, 1)))


def valley(scores: np.ndarray) -> float | None:
    """Return the deepest place between the two hills of a histogram; None if it has not two.

    Parameters
    ----------
    scores
        Scores of simulated doublets: those of two cells of a kind lie low, those of two kinds high.

    Notes
    -----
    The histogram is smoothed by running means of three until two maxima are left (Prewitt and
    Mendelsohn, Ann N Y Acad Sci 1966;128:1035).
    """
    if len(scores) == 0 or np.ptp(scores) == 0:
        return None
    heights, edges = np.histogram(scores, bins=_BINS)
    heights, middles = heights.astype(float), (edges[:-1] + edges[1:]) / 2
    for _ in range(_MOST_SMOOTHINGS):
        tops = _maxima(heights)
        if len(tops) < 3:
            break
        heights = uniform_filter1d(heights, 3)
    if len(tops) != 2:
        return None
    first, last = tops
    deepest = float(middles[first + np.argmin(heights[first : last + 1])])
    # Of one hill, a ripple at its foot may be left as the second.
    above = (scores > deepest).mean()
    return deepest if _LEAST_HILL <= above <= 1 - _LEAST_HILL else None


def _maxima(heights: np.ndarray) -> list[int]:
    """Return the places of the local maxima; a plateau counts once, at its end."""
    tops, rising = [], True
    for place in range(len(heights) - 1):
        if rising and heights[place + 1] < heights[place]:
            tops.append(place)
            rising = False
        elif not rising and heights[place + 1] > heights[place]:
            rising = True
    return tops


def _scored(counts: sparse.csr_matrix, seed: int) -> tuple[np.ndarray, np.ndarray]:
    import scanpy as sc  # seconds of CPU, which a refused file shall not cost

    # Scrublet looks at variable genes in any case; all genes would cost it gigabytes.
    chosen = variable_genes(log_shares(counts), _VARIABLE, min_cells=3)
    cells = ad.AnnData(counts[:, chosen].astype(np.float32))
    components = min(_COMPONENTS, cells.n_obs // _CELLS_A_COMPONENT)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sc.pp.scrublet(
            cells,
            expected_doublet_rate=_RATE,
            n_prin_comps=components,
            # Any threshold: without one scanpy asks for scikit-image before it begins.
            threshold=1.0,
            use_approx_neighbors=False,
            random_state=seed,
            verbose=False,
        )
    return cells.obs["doublet_score"].to_numpy(), cells.uns["scrublet"]["doublet_scores_sim"]
