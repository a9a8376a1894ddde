"""Nearest neighbours of events, for scanpy: exact while there are few, else among near cells.

scanpy's own search (pynndescent) pays 40 s of compilation in every process before it begins.
"""

import faiss
import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin

# Up to this many events every pair is looked at.
EXACT = 20_000
# An event is looked for in this many of the cells (about as many as the root of the events).
_CELLS_SEEN = 16
_PASSES = 10
_PER_CELL = 64
_CHECKED = 1_000


class NearestEvents(TransformerMixin, BaseEstimator):
    """A transformer as scanpy's ``neighbors`` takes it: values to distances of neighbours.

    Parameters
    ----------
    n_neighbors
        Neighbours of each event, itself among them.
    seed
        Decides the cells that events are sorted into.
    """

    def __init__(self, n_neighbors: int = 15, seed: int = 1):
        self.n_neighbors = n_neighbors
        self.seed = seed

    def fit(self, values: np.ndarray, y=None) -> "NearestEvents":
        """Do nothing: neighbours are those among the values themselves."""
        return self

    def transform(self, values: np.ndarray) -> csr_matrix:
        """Return distances, (events, events), ``n_neighbors`` a row, the event itself first."""
        values = np.ascontiguousarray(values, dtype=np.float32)
        # One thread: sums in another order would make other neighbours of equals.
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        try:
            squared, numbers, self.recall_ = self._search(values)
        finally:
            faiss.omp_set_num_threads(threads)
        squared, numbers = _itself_first(squared, numbers)
        count = len(values)
        ends = np.arange(0, count * self.n_neighbors + 1, self.n_neighbors)
        distances = np.sqrt(np.maximum(squared, 0.0)).ravel().astype(np.float32)
        return csr_matrix((distances, numbers.ravel(), ends), shape=(count, count))

    def _search(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        exact = faiss.IndexFlatL2(values.shape[1])
        exact.add(values)
        if len(values) <= EXACT:
            return *exact.search(values, self.n_neighbors), 1.0
        cells = faiss.IndexFlatL2(values.shape[1])
        index = faiss.IndexIVFFlat(cells, values.shape[1], int(np.sqrt(len(values))))
        index.cp.seed = self.seed
        index.cp.niter = _PASSES
        index.cp.max_points_per_centroid = _PER_CELL
        index.train(values)
        index.add(values)
        index.nprobe = _CELLS_SEEN
        squared, numbers = index.search(values, self.n_neighbors)
        checked = np.random.default_rng(self.seed).choice(len(values), _CHECKED, replace=False)
        _, true = exact.search(values[checked], self.n_neighbors)
        found = [np.isin(a, b).mean() for a, b in zip(true, numbers[checked], strict=True)]
        return squared, numbers, float(np.mean(found))


def _itself_first(squared: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put each event before its neighbours; among many equal ones it may not have been found."""
    own = np.arange(len(numbers))
    place = np.where(numbers == own[:, None], 0, 1)
    # What was not found (-1) cannot stand in a matrix; it is the event itself once more.
    numbers = np.where(numbers < 0, own[:, None], numbers)
    order = np.argsort(place, axis=1, kind="stable")
    numbers = np.take_along_axis(numbers, order, axis=1)
    squared = np.take_along_axis(squared, order, axis=1)
    missing = numbers[:, 0] != own
    numbers[missing, 1:], squared[missing, 1:] = numbers[missing, :-1], squared[missing, :-1]
    numbers[:, 0], squared[:, 0] = own, 0.0
    return squared, numbers
