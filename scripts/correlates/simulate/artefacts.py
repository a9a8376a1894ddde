"""Troubles of an acquisition, planted on simulated events, with the truth of every event.

Each takes events in the order of their arrival, shape (events, channels) with the channels of
``panel.CHANNELS``, and returns a copy with the trouble in it and which events it touched.
"""

from collections.abc import Callable

import numpy as np

from correlates.simulate.panel import CHANNELS, DETECTOR_RANGE, FLUORESCENCE, SCATTER

_TIME = CHANNELS.index("Time")
Planted = tuple[np.ndarray, np.ndarray]


def clog(events: np.ndarray, rng: np.random.Generator) -> Planted:
    """Let the stream fall to 2 to 20 % of its rate for 1 to 4 % of the events, once or twice."""
    touched = np.zeros(len(events), dtype=bool)
    for _ in range(rng.integers(1, 3)):
        touched |= _stretch(len(events), rng.uniform(0.01, 0.04), rng)
    return _at_rate(events, touched, rng.uniform(0.02, 0.20)), touched


def speed_change(events: np.ndarray, rng: np.random.Generator) -> Planted:
    """Let the stream run at another speed, up or down by 1.5 to 3, for 8 to 30 % of the events."""
    touched = _stretch(len(events), rng.uniform(0.08, 0.30), rng)
    factor = rng.uniform(1.5, 3.0)
    return _at_rate(events, touched, factor if rng.random() < 0.5 else 1 / factor), touched


def drift(events: np.ndarray, rng: np.random.Generator) -> Planted:
    """Let detectors gain or lose a factor of 1.5 to 3, bit by bit, at one end of the acquisition.

    The drift begins (or ends) 10 to 30 % of the events from that end and goes on to it, in the
    logarithm of the gain by equal steps. From three detectors to all of them drift.
    """
    count = int(len(events) * rng.uniform(0.10, 0.30))
    ramp = np.linspace(0, 1, count)
    gains = np.zeros(len(events))
    if rng.random() < 0.5:
        gains[-count:] = ramp
    else:
        gains[:count] = ramp[::-1]
    reach = np.log(rng.uniform(1.5, 3.0)) * rng.choice([-1, 1])
    chosen = rng.choice(len(FLUORESCENCE), rng.integers(3, len(FLUORESCENCE) + 1), replace=False)
    columns = [CHANNELS.index(FLUORESCENCE[number]) for number in chosen]
    out = events.copy()
    out[:, columns] *= np.exp(reach * gains)[:, None]
    out[:, columns] = np.minimum(out[:, columns], DETECTOR_RANGE - 1)
    return out, gains > 0


def signal_step(events: np.ndarray, rng: np.random.Generator) -> Planted:
    """Let all detectors lose or gain a factor of 1.3 to 2 at once for 5 to 20 % of the events."""
    touched = _stretch(len(events), rng.uniform(0.05, 0.20), rng)
    factor = rng.uniform(1.3, 2.0) ** rng.choice([-1, 1])
    columns = [CHANNELS.index(name) for name in FLUORESCENCE]
    out = events.copy()
    out[np.ix_(touched, columns)] *= np.float32(factor)
    out[:, columns] = np.minimum(out[:, columns], DETECTOR_RANGE - 1)
    return out, touched


def saturation(events: np.ndarray, rng: np.random.Generator) -> Planted:
    """Let 0.5 to 4 % of the events drive one to three detectors to the end of their range."""
    touched = rng.random(len(events)) < rng.uniform(0.005, 0.04)
    columns = [CHANNELS.index(name) for name in (*SCATTER, *FLUORESCENCE)]
    chosen = rng.choice(columns, rng.integers(1, 4), replace=False)
    out = events.copy()
    out[np.ix_(touched, chosen)] = DETECTOR_RANGE - 1
    return out, touched


def everything(events: np.ndarray, rng: np.random.Generator) -> Planted:
    """Plant a clog, a change of speed, a drift and saturation, wherever they fall."""
    touched = np.zeros(len(events), dtype=bool)
    for plant in (clog, speed_change, drift, saturation):
        events, by_this = plant(events, rng)
        touched |= by_this
    return events, touched


KINDS: dict[str, Callable[[np.ndarray, np.random.Generator], Planted]] = {
    "clog": clog,
    "speed_change": speed_change,
    "drift": drift,
    "signal_step": signal_step,
    "saturation": saturation,
    "everything": everything,
}


def _stretch(n_events: int, share: float, rng: np.random.Generator) -> np.ndarray:
    count = int(n_events * share)
    start = rng.integers(0, n_events - count + 1)
    touched = np.zeros(n_events, dtype=bool)
    touched[start : start + count] = True
    return touched


def _at_rate(events: np.ndarray, touched: np.ndarray, factor: float) -> np.ndarray:
    """Let the touched events arrive ``factor`` times as fast as they did."""
    out = events.copy()
    waits = np.diff(events[:, _TIME].astype(float), prepend=0.0)
    waits[touched] /= factor
    out[:, _TIME] = np.floor(np.cumsum(waits))
    return out
