"""What the simulated cells are: labels, the populations they belong to, and what they express.

Every event has one label. A population of the gating template is a union of labels, so its true
count follows from the labels alone. Natural killer cells form a continuum; ``nk.py`` labels them by
their true expression.
"""

from types import MappingProxyType

import numpy as np

from correlates.simulate.panel import MARKERS

MEMORY = ("naive", "cm", "em", "temra")
NK_LABELS = ("nk_cd56neg", "nk_dim", "nk_dim_cd57", "nk_bright", "nk_bright_cd57")
T_CD4_LABELS = (*(f"t_cd4_{subset}" for subset in MEMORY), "nkt_cd4_em")
T_CD8_LABELS = (*(f"t_cd8_{subset}" for subset in MEMORY), "nkt_cd8_em", "nkt_cd8_temra")
T_LABELS = (*T_CD4_LABELS, *T_CD8_LABELS, "t_dn", "nkt_dn")
LYMPHOCYTES = (*T_LABELS, *NK_LABELS, "cll", "b_normal")
OTHER_LEUKOCYTES = ("mono", "mono_nonclassical", "neutrophil", "eosinophil", "basophil")
LEUKOCYTES = (*LYMPHOCYTES, *OTHER_LEUKOCYTES)
ARTEFACTS = ("debris", "margin", "doublet", "dead", "erythroid")
LABELS = (*ARTEFACTS, *LEUKOCYTES)
CODES = MappingProxyType({label: code for code, label in enumerate(LABELS)})

_VIABLE = ("erythroid", *LEUKOCYTES)
POPULATIONS = MappingProxyType(
    {
        "single": ("debris", "dead", *_VIABLE),
        "live": ("debris", *_VIABLE),
        "viable": _VIABLE,
        "singlets": ("dead", *_VIABLE),
        "cd45": LEUKOCYTES,
        "lymph": LYMPHOCYTES,
        "t": T_LABELS,
        "t_cd4": T_CD4_LABELS,
        "t_cd8": T_CD8_LABELS,
        "t_cd4_naive": ("t_cd4_naive",),
        "t_cd4_cm": ("t_cd4_cm",),
        "t_cd4_em": ("t_cd4_em", "nkt_cd4_em"),
        "t_cd4_temra": ("t_cd4_temra",),
        "t_cd8_naive": ("t_cd8_naive",),
        "t_cd8_cm": ("t_cd8_cm",),
        "t_cd8_em": ("t_cd8_em", "nkt_cd8_em"),
        "t_cd8_temra": ("t_cd8_temra", "nkt_cd8_temra"),
        "nkt_like": ("nkt_cd4_em", "nkt_cd8_em", "nkt_cd8_temra", "nkt_dn"),
        "nk": NK_LABELS,
        "nk_bright": ("nk_bright", "nk_bright_cd57"),
        "nk_dim": ("nk_dim", "nk_dim_cd57"),
        "nk_cd57": ("nk_dim_cd57", "nk_bright_cd57"),
        "cll": ("cll",),
        "b_normal": ("b_normal",),
        "mono": ("mono",),
    }
)

# median CD5 of a clone that is not dim; a donor's own is drawn in trial.py
CLONE_CD5 = 5000

# expression: median and, after it, the standard deviation in decades; a marker that is not named
# is not expressed and keeps the unspecific binding of NEGATIVE
NEGATIVE = (25.0, 0.30)
_T = {"CD45": (20000, 0.08), "CD3": (12000, 0.11), "CD5": (15000, 0.14), "CD7": (4000, 0.25)}
_CD4 = _T | {"CD4": (9000, 0.09)}
_CD8 = _T | {"CD8": (22000, 0.17)}
_NAIVE = {"CD45RA": (12000, 0.20), "CCR7": (4000, 0.20)}
_CM = {"CD45RA": (600, 0.30), "CCR7": (2400, 0.22), "CD7": (2500, 0.30)}
_EM = {"CD45RA": (500, 0.32), "CCR7": (150, 0.28), "CD7": (1800, 0.40)}
_TEMRA = {"CD45RA": (9500, 0.22), "CCR7": (110, 0.28), "CD57": (2500, 0.60), "CD7": (1800, 0.40)}
_NKT = {"CD56": (3000, 0.24), "CD57": (1500, 0.70)}
_MEMORY = {"naive": _NAIVE, "cm": _CM, "em": _EM, "temra": _TEMRA}
_NK = {
    "CD45": (20000, 0.08),
    "CD7": (8000, 0.18),
    "CD8": (500, 0.60),
    "CD45RA": (7000, 0.20),
}
_MONO = {"CD45": (13000, 0.08), "CD4": (1200, 0.15), "CD45RA": (600, 0.25), "CD14": (20000, 0.14)}
PROFILES = MappingProxyType(
    {
        **{f"t_cd4_{subset}": _CD4 | _MEMORY[subset] for subset in MEMORY},
        **{f"t_cd8_{subset}": _CD8 | _MEMORY[subset] for subset in MEMORY},
        "t_dn": _T | _EM | {"CD45RA": (2500, 0.35), "CD8": (200, 0.4)},
        "nkt_cd4_em": _CD4 | _EM | _NKT,
        "nkt_cd8_em": _CD8 | _EM | _NKT,
        "nkt_cd8_temra": _CD8 | _TEMRA | _NKT,
        "nkt_dn": _T | _EM | _NKT | {"CD45RA": (2500, 0.35)},
        **dict.fromkeys(NK_LABELS, _NK),
        "cll": {
            "CD45": (13000, 0.10),
            "CD19": (7000, 0.13),
            "CD5": (CLONE_CD5, 0.16),
            "CD45RA": (9000, 0.15),
            "CCR7": (700, 0.25),
        },
        "b_normal": {
            "CD45": (18000, 0.08),
            "CD19": (13000, 0.12),
            "CD5": (30, 0.25),
            "CD45RA": (12000, 0.15),
            "CCR7": (1500, 0.25),
        },
        "mono": _MONO,
        "mono_nonclassical": _MONO
        | {"CD14": (700, 0.30), "CD16": (9000, 0.20), "CD45RA": (3000, 0.25), "CD4": (500, 0.25)},
        "neutrophil": {"CD45": (5500, 0.09), "CD16": (32000, 0.18), "CD14": (350, 0.25)},
        "eosinophil": {"CD45": (9000, 0.09), "CD14": (150, 0.25)},
        "basophil": {"CD45": (4500, 0.12)},
        "erythroid": {"CD45": (60, 0.30)},
        "debris": {"CD45": (150, 0.50), "CD19": (80, 0.50)},
    }
)

# median of FSC-A and SSC-A, their standard deviations in decades, autofluorescence against a
# resting lymphocyte
_SCATTER = {
    "debris": (11000, 4000, 0.20, 0.35, 0.5),
    "erythroid": (48000, 9000, 0.08, 0.20, 0.5),
    "cll": (62000, 15000, 0.045, 0.10, 0.9),
    "b_normal": (66000, 16000, 0.045, 0.10, 1.0),
    "nk": (72000, 19000, 0.050, 0.11, 1.1),
    "t": (69000, 17000, 0.045, 0.10, 1.0),
    "mono": (112000, 52000, 0.050, 0.09, 3.0),
    "mono_nonclassical": (95000, 38000, 0.050, 0.09, 2.5),
    "neutrophil": (118000, 125000, 0.050, 0.08, 3.0),
    "eosinophil": (105000, 175000, 0.050, 0.06, 14.0),
    "basophil": (72000, 26000, 0.050, 0.10, 1.5),
}


def _scatter_of(label: str) -> tuple[float, ...]:
    if label in T_LABELS:
        return _SCATTER["t"]
    if label in NK_LABELS:
        return _SCATTER["nk"]
    return _SCATTER.get(label, _SCATTER["neutrophil"])


def _table(index: int) -> np.ndarray:
    rows = [PROFILES.get(label, {}) for label in LABELS]
    return np.array([[row.get(marker, NEGATIVE)[index] for marker in MARKERS] for row in rows])


LOG_MEDIAN = np.log10(_table(0))
LOG_SD = _table(1)
SCATTER_PROFILE = np.array([_scatter_of(label) for label in LABELS])


def is_member(codes: np.ndarray, population: str) -> np.ndarray:
    """Return which events truly belong to a population, shape (events,), boolean.

    Parameters
    ----------
    codes
        Label codes of the events, as they stand in the truth files.
    population
        Key of the template, for instance ``t_cd4``.
    """
    within = np.zeros(len(LABELS), dtype=bool)
    within[[CODES[label] for label in POPULATIONS[population]]] = True
    return within[codes]
