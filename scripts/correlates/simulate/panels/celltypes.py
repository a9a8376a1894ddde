"""The kinds of cell in the simulated panels: what each expresses, and how it scatters.

A kind expresses a marker around one median. What differs from cell to cell within a kind (an
activated cell, one that makes a cytokine) is a trait, of ``traits.py``.
"""

from types import MappingProxyType

MEMORY = ("naive", "cm", "em", "temra")
T_CD4 = (*(f"t_cd4_{subset}" for subset in MEMORY), "treg")
T_CD8 = tuple(f"t_cd8_{subset}" for subset in MEMORY)
T = (*T_CD4, *T_CD8, "t_gd", "t_dn", "nkt_like")
NK = ("nk_dim", "nk_bright")
CLL = ("cll_kappa", "cll_lambda")
B_NORMAL = ("b_normal_kappa", "b_normal_lambda")
B_CD5 = ("b_cd5_kappa", "b_cd5_lambda")
B = (*CLL, *B_NORMAL, *B_CD5)
LYMPHOCYTES = (*T, *NK, *B)
LEUKOCYTES = (*LYMPHOCYTES, "mono", "neutrophil", "eosinophil")
ARTEFACTS = ("debris", "doublet", "dead", "erythroid")
LABELS = (*ARTEFACTS, *LEUKOCYTES)

# a marker that a kind does not express keeps the unspecific binding of its antibody: median and
# standard deviation in decades. Inside fixed cells more sticks.
NEGATIVE = (25.0, 0.30)
_STICKS = {"FOXP3": (70.0, 0.25), "GranzymeB": (80.0, 0.25), "KI67": (60.0, 0.25)}
_STICKS |= dict.fromkeys(("CRBN", "IKZF1", "IKZF3", "RHOH"), (90.0, 0.25))
_STICKS |= dict.fromkeys(("IFNg", "IL2", "TNF", "IL4", "IL17"), (45.0, 0.22))
_STICKS |= {
    "CD107a": (80.0, 0.25),
    "Probe": (300.0, 0.15),
    "BTK": (90.0, 0.25),
    "ITK": (90.0, 0.25),
}

_T = {
    "CD45": (20000, 0.08),
    "CD3": (12000, 0.11),
    "CD5": (15000, 0.14),
    "CD7": (3000, 0.30),
    "CD43": (8000, 0.15),
    "CD81": (3500, 0.18),
    "CRBN": (900, 0.18),
    "IKZF1": (2600, 0.18),
    "IKZF3": (1200, 0.20),
    "RHOH": (1600, 0.18),
    "Probe": (2200, 0.18),
    "ITK": (3000, 0.18),
}
_CD4 = _T | {"CD4": (9000, 0.09)}
_CD8 = _T | {"CD8": (22000, 0.15)}
_NAIVE = {
    "CD45RA": (12000, 0.20),
    "CD45RO": (120, 0.25),
    "CCR7": (4000, 0.18),
    "CD27": (6000, 0.15),
    "CD28": (4000, 0.18),
    "CD127": (2600, 0.20),
    "CD38": (500, 0.25),
}
_CM = {
    "CD45RA": (500, 0.28),
    "CD45RO": (5000, 0.18),
    "CCR7": (2600, 0.20),
    "CD27": (5000, 0.18),
    "CD28": (4500, 0.18),
    "CD127": (3000, 0.20),
    "CD25": (350, 0.30),
    "CD38": (150, 0.30),
    "CD95": (2500, 0.2),
}
_EM = {
    "CD45RA": (450, 0.28),
    "CD45RO": (5500, 0.18),
    "CCR7": (110, 0.25),
    "CD27": (250, 0.30),
    "CD28": (2200, 0.25),
    "CD127": (1700, 0.26),
    "CD25": (220, 0.32),
    "CD38": (120, 0.30),
    "CD95": (3000, 0.2),
}
_TEMRA = {
    "CD45RA": (9500, 0.20),
    "CD45RO": (150, 0.28),
    "CCR7": (90, 0.25),
    "CD27": (120, 0.30),
    "CD28": (120, 0.30),
    "CD127": (300, 0.35),
    "CD38": (120, 0.30),
    "CD95": (3000, 0.2),
}
_BY_MEMORY = {"naive": _NAIVE, "cm": _CM, "em": _EM, "temra": _TEMRA}
_TREG = {"CD25": (4500, 0.18), "CD127": (180, 0.30), "FOXP3": (1700, 0.20), "CD27": (4000, 0.18)}
_NK = {
    "CD45": (20000, 0.08),
    "CD56": (3000, 0.18),
    "CD16": (12000, 0.20),
    "CD7": (8000, 0.18),
    "CD45RA": (7000, 0.20),
    "CD8": (300, 0.45),
    "CD43": (7000, 0.15),
    "CD81": (2500, 0.20),
    "CD38": (1500, 0.25),
    "CRBN": (700, 0.18),
    "IKZF1": (1500, 0.18),
    "IKZF3": (900, 0.20),
    "RHOH": (700, 0.18),
    "Probe": (1500, 0.20),
    "ITK": (1800, 0.20),
}
_B = {
    "CD45": (18000, 0.08),
    "CD19": (13000, 0.12),
    "CD45RA": (12000, 0.15),
    "CCR7": (1500, 0.25),
    "CCR6": (2500, 0.20),
    "CD20": (15000, 0.12),
    "CD79b": (6500, 0.16),
    "CD81": (6500, 0.16),
    "CD40": (3500, 0.15),
    "HLA-DR": (12000, 0.15),
    "CD27": (600, 0.40),
    "CD38": (300, 0.30),
    "CRBN": (1100, 0.18),
    "IKZF1": (2400, 0.18),
    "IKZF3": (2200, 0.20),
    "RHOH": (900, 0.18),
    "Probe": (4200, 0.18),
    "BTK": (4500, 0.18),
}
_LIGHT = {"kappa": {"kappa": (6000, 0.16)}, "lambda": {"lambda": (5000, 0.16)}}
_DIM_LIGHT = {"kappa": {"kappa": (1500, 0.18)}, "lambda": {"lambda": (1500, 0.18)}}
_CLL = {
    "CD45": (13000, 0.10),
    "CD19": (7000, 0.13),
    "CD5": (5000, 0.15),
    "CD45RA": (9000, 0.15),
    "CCR7": (700, 0.25),
    "CCR6": (500, 0.30),
    # dim and wide, and treatment moves it: nothing is gated on it
    "CD20": (1500, 0.40),
    "CD43": (5000, 0.22),
    "CD79b": (450, 0.28),
    "CD81": (600, 0.28),
    "CD25": (300, 0.30),
    "CD27": (3000, 0.20),
    "CD38": (200, 0.40),
    "CRBN": (1500, 0.18),
    "IKZF1": (2200, 0.18),
    "IKZF3": (3000, 0.20),
    "RHOH": (2000, 0.18),
    "Probe": (5200, 0.18),
    "BTK": (5500, 0.18),
}
_MONO = {
    "CD45": (13000, 0.08),
    "CD4": (1000, 0.15),
    "CD14": (20000, 0.14),
    "HLA-DR": (9000, 0.18),
    "CD40": (900, 0.25),
    "CD86": (3000, 0.2),
    "CD43": (9000, 0.15),
    "CD81": (2500, 0.2),
    "CD38": (1500, 0.2),
    "CD95": (1500, 0.25),
    "CRBN": (1200, 0.18),
    "IKZF1": (900, 0.18),
    "Probe": (3000, 0.2),
    "BTK": (3500, 0.2),
}

PROFILES = MappingProxyType(
    {
        **{f"t_cd4_{subset}": _CD4 | _BY_MEMORY[subset] for subset in MEMORY},
        **{f"t_cd8_{subset}": _CD8 | _BY_MEMORY[subset] for subset in MEMORY},
        "treg": _CD4 | _CM | _TREG,
        "t_gd": _T | _EM | {"CD3": (20000, 0.1), "TCRgd": (8000, 0.15), "CD8": (200, 0.4)},
        "t_dn": _T | _EM | {"CD8": (150, 0.35)},
        "nkt_like": _CD8 | _EM | {"CD56": (3500, 0.18)},
        "nk_dim": _NK,
        "nk_bright": _NK
        | {"CD56": (23000, 0.13), "CD16": (300, 0.35), "CD127": (600, 0.3), "CD27": (900, 0.3)},
        **{f"cll_{light}": _CLL | _DIM_LIGHT[light] for light in _LIGHT},
        **{f"b_normal_{light}": _B | _LIGHT[light] for light in _LIGHT},
        **{f"b_cd5_{light}": _B | _LIGHT[light] | {"CD5": (2000, 0.24)} for light in _LIGHT},
        "mono": _MONO,
        "neutrophil": {
            "CD45": (5500, 0.09),
            "CD16": (32000, 0.18),
            "CD14": (350, 0.25),
            "CD43": (6000, 0.2),
        },
        "eosinophil": {"CD45": (9000, 0.09), "CD43": (6000, 0.2)},
        "erythroid": {"CD45": (60, 0.30)},
        "debris": {"CD45": (150, 0.50), "CD19": (80, 0.50)},
    }
)

# median of FSC-A and SSC-A, their standard deviations in decades, autofluorescence against a
# resting lymphocyte
_SCATTER = MappingProxyType(
    {
        "debris": (11000, 4000, 0.20, 0.35, 0.5),
        "erythroid": (48000, 9000, 0.08, 0.20, 0.5),
        "b": (64000, 15500, 0.045, 0.10, 0.95),
        "nk": (72000, 19000, 0.050, 0.11, 1.1),
        "t": (69000, 17000, 0.045, 0.10, 1.0),
        "mono": (112000, 52000, 0.050, 0.09, 3.0),
        "neutrophil": (118000, 125000, 0.050, 0.08, 3.0),
        "eosinophil": (105000, 175000, 0.050, 0.06, 14.0),
    }
)


def expression_of(label: str, marker: str) -> tuple[float, float]:
    """Return median and standard deviation in decades of what a kind of cell expresses."""
    return PROFILES.get(label, {}).get(marker) or _STICKS.get(marker, NEGATIVE)


def scatter_of(label: str) -> tuple[float, ...]:
    """Return FSC, SSC, their deviations in decades and the autofluorescence of a kind of cell."""
    for group, labels in (("t", T), ("nk", NK), ("b", B)):
        if label in labels:
            return _SCATTER[group]
    return _SCATTER.get(label, _SCATTER["neutrophil"])
