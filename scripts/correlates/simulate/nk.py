"""Natural killer cells: a continuum from CD56 dim to bright, and from CD57 negative to positive.

A continuum has no label of its own, so one is defined: a cell is bright if its true CD56 is at
least ``BRIGHT_CUT``, CD57 positive if its true CD57 is at least ``CD57_CUT``, and CD56 negative
below ``CD56_CUT``. True expression is intensity at nominal gain, before autofluorescence, spillover
and noise; a batch's gain moves the measured place of a cut by as much.
"""

from dataclasses import dataclass, replace
from math import erf, log10, sqrt

import numpy as np

from correlates.simulate.panel import MARKERS
from correlates.simulate.populations import CODES, NK_LABELS

CD56_CUT = 600.0
BRIGHT_CUT = 10000.0
CD57_CUT = 1000.0

# CD56 in log10: share of the cells that lack it, mean and standard deviation of dim and bright, and
# the cells under way from bright to dim, even between two ends
_SHARE_CD56NEG = 0.03
_SHARE_UNDERWAY = 0.07
_CD56NEG = (1.6, 0.25)
_DIM = (3.42, 0.20)
_BRIGHT = (4.36, 0.14)
_UNDERWAY = (3.5, 4.3)
# CD57 in log10, of mature cells: negative, positive, and those under way
_CD57_NEG = (1.6, 0.30)
_CD57_POS = (3.85, 0.32)
_CD57_UNDERWAY = (2.4, 3.6)
_SHARE_CD57_UNDERWAY = 0.10
_IMMATURE_CD57 = 0.02


@dataclass(frozen=True)
class NkTraits:
    """What differs between donors.

    Parameters
    ----------
    bright
        Share of cells drawn from the bright end, of all.
    cd57
        Share of cells drawn as CD57 positive, of the mature (dim, CD56 negative) ones.
    """

    bright: float
    cd57: float


def _above(cut: float, mean: float, sd: float) -> float:
    return 0.5 * (1 - erf((log10(cut) - mean) / sd / sqrt(2)))


def _even_above(cut: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (high - log10(cut)) / (high - low)))


def label_shares(traits: NkTraits) -> dict[str, float]:
    """Return the expected share of each NK label among NK cells; they add up to 1."""
    components = _components(traits)
    bright_of = {
        "cd56neg": 0.0,
        "dim": _above(BRIGHT_CUT, *_DIM),
        "underway": _even_above(BRIGHT_CUT, *_UNDERWAY),
        "bright": _above(BRIGHT_CUT, *_BRIGHT),
    }
    shares = dict.fromkeys(NK_LABELS, 0.0)
    for name, share in components.items():
        cd57 = _cd57_share(traits, mature=name in ("cd56neg", "dim"))
        if name == "cd56neg":
            shares["nk_cd56neg"] += share
            continue
        for label, part in (("nk_bright", bright_of[name]), ("nk_dim", 1 - bright_of[name])):
            shares[label] += share * part * (1 - cd57)
            shares[f"{label}_cd57"] += share * part * cd57
    return shares


def _components(traits: NkTraits) -> dict[str, float]:
    dim = 1 - _SHARE_CD56NEG - _SHARE_UNDERWAY - traits.bright
    return {
        "cd56neg": _SHARE_CD56NEG,
        "dim": dim,
        "underway": _SHARE_UNDERWAY,
        "bright": traits.bright,
    }


def _cd57_share(traits: NkTraits, mature: bool) -> float:
    positive = traits.cd57 if mature else _IMMATURE_CD57
    return (
        positive * _above(CD57_CUT, *_CD57_POS)
        + _SHARE_CD57_UNDERWAY * _even_above(CD57_CUT, *_CD57_UNDERWAY)
        + (1 - positive - _SHARE_CD57_UNDERWAY) * _above(CD57_CUT, *_CD57_NEG)
    )


def with_cd57_scaled(traits: NkTraits, factor: float) -> NkTraits:
    """Return traits with ``factor`` times as many ``nk_cd57`` cells among NK cells.

    Raises
    ------
    ValueError
        If there are not enough mature cells for that.
    """
    none = replace(traits, cd57=0.0)
    floor, now = (_cd57_of_nk(label_shares(kind)) for kind in (none, traits))
    # the share is linear in the cells drawn as positive
    cd57 = traits.cd57 * (factor * now - floor) / (now - floor)
    if not 0 <= cd57 <= 1 - _SHARE_CD57_UNDERWAY:
        msg = f"a share of {cd57:.2f} CD57 positive cells is beyond what mature NK cells can hold"
        raise ValueError(msg)
    return replace(traits, cd57=cd57)


def _cd57_of_nk(shares: dict[str, float]) -> float:
    return shares["nk_dim_cd57"] + shares["nk_bright_cd57"]


def draw_nk(count: int, traits: NkTraits, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw the true CD56, CD16, CD57 and the CD45RA factor of NK cells, each of shape (count,).

    CD16 falls as CD56 rises, CD57 is found on mature cells, CD45RA is lower on bright ones.
    """
    component = rng.choice(4, count, p=list(_components(traits).values()))
    means = np.array([_CD56NEG[0], _DIM[0], 0.0, _BRIGHT[0]])[component]
    sds = np.array([_CD56NEG[1], _DIM[1], 0.0, _BRIGHT[1]])[component]
    cd56 = means + sds * rng.standard_normal(count)
    cd56 = np.where(component == 2, rng.uniform(*_UNDERWAY, count), cd56)
    brightness = np.clip((cd56 - 3.7) / (4.3 - 3.7), 0, 1)
    cd16 = 4.1 - 1.6 * brightness + (0.2 + 0.15 * brightness) * rng.standard_normal(count)
    return {
        "CD56": 10**cd56,
        "CD16": 10**cd16,
        "CD57": 10 ** _draw_cd57(component, traits, rng),
        "CD45RA_factor": 10 ** (-0.5 * brightness),
    }


def _draw_cd57(component: np.ndarray, traits: NkTraits, rng: np.random.Generator) -> np.ndarray:
    count = len(component)
    positive = np.where(component < 2, traits.cd57, _IMMATURE_CD57)
    chance = rng.random(count)
    normal = rng.standard_normal(count)
    values = _CD57_NEG[0] + _CD57_NEG[1] * normal
    values = np.where(chance < positive, _CD57_POS[0] + _CD57_POS[1] * normal, values)
    underway = chance > 1 - _SHARE_CD57_UNDERWAY
    return np.where(underway, rng.uniform(*_CD57_UNDERWAY, count), values)


def label_codes(cd56: np.ndarray, cd57: np.ndarray) -> np.ndarray:
    """Return the label code of each NK cell from its true CD56 and CD57."""
    bright = cd56 >= BRIGHT_CUT
    positive = cd57 >= CD57_CUT
    codes = np.where(positive, CODES["nk_dim_cd57"], CODES["nk_dim"])
    codes = np.where(bright & positive, CODES["nk_bright_cd57"], codes)
    codes = np.where(bright & ~positive, CODES["nk_bright"], codes)
    return np.where(cd56 < CD56_CUT, CODES["nk_cd56neg"], codes).astype(np.uint8)


def with_nk_expression(signals: np.ndarray, drawn: dict[str, np.ndarray]) -> np.ndarray:
    """Return signals of shape (cells, markers) with what ``draw_nk`` drew in its columns."""
    signals = signals.copy()
    for marker in ("CD56", "CD16", "CD57"):
        signals[:, MARKERS.index(marker)] = drawn[marker]
    signals[:, MARKERS.index("CD45RA")] *= drawn["CD45RA_factor"]
    return signals
