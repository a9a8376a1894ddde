"""A self-organising map of events, trained as FlowSOM does: one event after the other.

The same algorithm as FlowSOM's, written anew: its package is under the GPL, this project is not.
Nothing runs in parallel and nothing is summed by a linear algebra library, so the map does not
depend on the number of threads.

Source: Van Gassen et al., Cytometry A 2015;87:636 (FlowSOM); Wehrens and Buydens, J Stat Softw
2007;21(5) (kohonen, whose defaults FlowSOM took over).
"""

import numpy as np
from numba import njit

# Passes over as many events as there are, the learning rate at either end, and the share of all
# distances between nodes that the first neighbourhood reaches.
PASSES = 10
RATE = (0.05, 0.01)
REACH = 0.67
# Below a reach of one node only the nearest learns.
_ALONE = 0.5


def train_map(events: np.ndarray, grid: int, seed: int) -> np.ndarray:
    """Train a square map.

    Parameters
    ----------
    events
        Values, (events, markers).
    grid
        Nodes along each side.
    seed
        Decides the events that the nodes start from and the order of learning.

    Returns
    -------
    Nodes' codes, (grid * grid, markers), float64.

    Raises
    ------
    ValueError
        If there are fewer events than nodes.
    """
    nodes = grid * grid
    if len(events) < nodes:
        msg = f"{len(events)} events are fewer than the {nodes} nodes of the map"
        raise ValueError(msg)
    rng = np.random.default_rng(seed)
    codes = events[rng.choice(len(events), nodes, replace=False)].astype(np.float64)
    between = distances_on_grid(grid)
    steps, done = PASSES * len(events), 0
    radius = float(np.quantile(between, REACH))
    data = np.ascontiguousarray(events, dtype=np.float32)
    for _ in range(PASSES):
        order = rng.integers(0, len(data), len(data))
        _learn(data, codes, between, order, done, steps, radius, RATE)
        done += len(order)
    return codes


def distances_on_grid(grid: int) -> np.ndarray:
    """Return distances between nodes along the grid's longer way, (nodes, nodes)."""
    rows, columns = np.divmod(np.arange(grid * grid), grid)
    apart = [np.abs(axis[:, None] - axis[None, :]) for axis in (rows, columns)]
    return np.maximum(*apart).astype(np.float64)


def nearest_nodes(events: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each event's node, int32, and its distance from it, float64; (events,) each."""
    data = np.ascontiguousarray(events, dtype=np.float32)
    return _nearest(data, np.ascontiguousarray(codes, dtype=np.float64))


@njit(nogil=True)
def _closest(event, codes):
    best, least = 0, np.inf
    for node in range(codes.shape[0]):
        total = 0.0
        for marker in range(codes.shape[1]):
            step = event[marker] - codes[node, marker]
            total += step * step
        if total < least:
            best, least = node, total
    return best, least


@njit(nogil=True)
def _learn(data, codes, between, order, done, steps, radius, rate):
    for number in range(order.shape[0]):
        share = (done + number) / steps
        event = data[order[number]]
        reach = radius * (1.0 - share)
        if reach < 1.0:
            reach = _ALONE
        pull = rate[0] - (rate[0] - rate[1]) * share
        best, _ = _closest(event, codes)
        for node in range(codes.shape[0]):
            if between[node, best] <= reach:
                for marker in range(codes.shape[1]):
                    codes[node, marker] += pull * (event[marker] - codes[node, marker])


@njit(nogil=True)
def _nearest(data, codes):
    nodes = np.empty(data.shape[0], np.int32)
    away = np.empty(data.shape[0], np.float64)
    for number in range(data.shape[0]):
        best, least = _closest(data[number], codes)
        nodes[number] = best
        away[number] = np.sqrt(least)
    return nodes, away
