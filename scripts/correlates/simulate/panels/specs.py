"""The simulated panels: detectors, markers, what the blood holds, and the truth of populations."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from correlates.simulate.optics import Detectors
from correlates.simulate.panel import FLUORESCENCE, MARKERS
from correlates.simulate.panels.celltypes import (
    B_CD5,
    B_NORMAL,
    CLL,
    LEUKOCYTES,
    LYMPHOCYTES,
    MEMORY,
    NK,
    T_CD4,
    T_CD8,
    T,
)
from correlates.simulate.panels.traits import FUNCTIONS

_WHOLE = {
    "t_cd4_naive": 0.040,
    "t_cd4_cm": 0.040,
    "t_cd4_em": 0.035,
    "t_cd4_temra": 0.010,
    "treg": 0.010,
    "t_cd8_naive": 0.030,
    "t_cd8_cm": 0.015,
    "t_cd8_em": 0.035,
    "t_cd8_temra": 0.035,
    "t_gd": 0.012,
    "t_dn": 0.006,
    "nkt_like": 0.008,
    "nk_dim": 0.050,
    "nk_bright": 0.005,
    "cll_kappa": 0.350,
    "b_normal_kappa": 0.009,
    "b_normal_lambda": 0.006,
    "b_cd5_kappa": 0.003,
    "b_cd5_lambda": 0.002,
    "mono": 0.040,
    "neutrophil": 0.220,
    "eosinophil": 0.010,
}
_PBMC = {name: share for name, share in _WHOLE.items() if name not in ("neutrophil", "eosinophil")}


@dataclass(frozen=True)
class Truth:
    """Which events truly belong to a population.

    Parameters
    ----------
    labels
        Kinds of cell that belong to it.
    has, lacks
        Traits that a member has, and such as it lacks.
    """

    labels: tuple[str, ...]
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PanelSpec:
    """One panel as it is simulated.

    Parameters
    ----------
    key
        Name of its template and of its panel sheet.
    markers
        Marker by channel, in the order of the file.
    shares
        Share of the leukocytes by kind of cell, around which a tube's own is drawn.
    populations
        Truth of each population of the template.
    traits
        Traits that its markers show.
    specimen
        Of the samples.
    responds
        Whether its cells are stimulated, and functions are among the markers.
    """

    key: str
    markers: Mapping[str, str]
    shares: Mapping[str, float]
    populations: Mapping[str, Truth]
    traits: tuple[str, ...] = ()
    specimen: str = "fresh_pbmc"
    responds: bool = False

    @cached_property
    def detectors(self) -> Detectors:
        """Its fluorescence detectors."""
        return Detectors.of(self.markers)


_GATES = {
    "singlets": Truth(("dead", "erythroid", *LEUKOCYTES)),
    "viable": Truth(("erythroid", *LEUKOCYTES)),
}
_CD45 = _GATES | {"cd45": Truth(LEUKOCYTES), "lymph": Truth(LYMPHOCYTES)}
_LINEAGES = {"t": Truth(T), "t_cd4": Truth(T_CD4), "t_cd8": Truth((*T_CD8, "nkt_like"))}


def _memory() -> dict[str, Truth]:
    """Return the truth of the memory subsets; a Treg is central memory by CCR7."""
    extra = {"t_cd4_cm": ("treg",), "t_cd8_em": ("nkt_like",)}
    return {
        name: Truth((name, *extra.get(name, ())))
        for name in (f"{lineage}_{kind}" for lineage in ("t_cd4", "t_cd8") for kind in MEMORY)
    }


TNK = PanelSpec(
    "tnk",
    dict(zip(FLUORESCENCE, MARKERS, strict=True)),
    _WHOLE,
    _CD45
    | _LINEAGES
    | _memory()
    | {
        "mono": Truth(("mono",)),
        "nkt_like": Truth(("nkt_like",)),
        "nk": Truth(NK),
        "nk_bright": Truth(("nk_bright",)),
        "nk_dim": Truth(("nk_dim",)),
        "nk_cd57": Truth(NK, ("CD57",)),
        "cll": Truth((*CLL, *B_CD5)),
        "b_normal": Truth(B_NORMAL),
    },
    ("CD57",),
    "fresh_wb",
)
_TH = ("t_cd4_cm", "t_cd4_em", "treg")
T_SUBSETS = PanelSpec(
    "t_subsets",
    {
        "BUV395-A": "CD45RA",
        "BUV496-A": "CD4",
        "BUV661-A": "CD38",
        "BUV737-A": "CD25",
        "BUV805-A": "CD8",
        "BV421-A": "CCR7",
        "V500-A": "CD45",
        "BV605-A": "PD1",
        "BV650-A": "CCR6",
        "BV711-A": "CD3",
        "BV786-A": "CD19",
        "FITC-A": "TCRgd",
        "PE-A": "CXCR3",
        "PE-Cy7-A": "CD127",
        "APC-A": "HLA-DR",
        "eF780-A": "Viability",
    },
    _WHOLE,
    _CD45
    | _LINEAGES
    | _memory()
    | {
        "treg": Truth(("treg",)),
        "th1": Truth(_TH, ("CXCR3",), ("CCR6",)),
        "th2": Truth(_TH, (), ("CXCR3", "CCR6")),
        "th17": Truth(_TH, ("CCR6",), ("CXCR3",)),
        "t_cd4_act": Truth(T_CD4, ("activated",)),
        "t_cd8_act": Truth((*T_CD8, "nkt_like"), ("activated",)),
        "t_cd4_pd1": Truth(T_CD4, ("PD1",)),
        "t_cd8_pd1": Truth((*T_CD8, "nkt_like"), ("PD1",)),
        "t_gd": Truth(("t_gd",)),
    },
    ("CXCR3", "CCR6", "activated", "PD1"),
    "fresh_wb",
)
CLL_PANEL = PanelSpec(
    "cll",
    {
        "BUV395-A": "CD20",
        "BUV496-A": "CD3",
        "BUV661-A": "CD40",
        "BUV737-A": "CD95",
        "BUV805-A": "CD45",
        "BV421-A": "CD43",
        "BV605-A": "CD86",
        "BV650-A": "CD80",
        "BV786-A": "HLA-DR",
        "FITC-A": "kappa",
        "BB700-A": "CD5",
        "PE-A": "lambda",
        "PE-CF594-A": "CD79b",
        "PE-Cy7-A": "CD19",
        "APC-A": "CD81",
        "eF780-A": "Viability",
    },
    _WHOLE,
    _CD45
    | {
        "t": Truth(T),
        "cll": Truth(CLL),
        "b_normal": Truth(B_NORMAL),
        "b_cd5": Truth(B_CD5),
        **{f"cll_{light}": Truth((f"cll_{light}",)) for light in ("kappa", "lambda")},
        **{f"b_normal_{light}": Truth((f"b_normal_{light}",)) for light in ("kappa", "lambda")},
        **{
            f"cll_{marker.lower().replace('-', '')}": Truth(CLL, (marker,))
            for marker in ("CD40", "CD80", "CD86", "CD95", "HLA-DR")
        },
    },
    ("CD40", "CD80", "CD86", "CD95", "HLA-DR"),
    "fresh_wb",
)
INTRACELLULAR = PanelSpec(
    "intracellular",
    {
        "BUV395-A": "CD3",
        "BUV496-A": "CD4",
        "BUV661-A": "CD56",
        "BUV805-A": "CD8",
        "BV421-A": "FOXP3",
        "V500-A": "CD45",
        "BV605-A": "CD127",
        "BV711-A": "CD19",
        "BV786-A": "CD25",
        "FITC-A": "IKZF1",
        "BB700-A": "CD5",
        "PE-A": "CRBN",
        "PE-CF594-A": "GranzymeB",
        "PE-Cy7-A": "CD14",
        "APC-A": "IKZF3",
        "eF780-A": "Viability",
    },
    _PBMC,
    _CD45
    | _LINEAGES
    | {
        "treg": Truth(("treg",)),
        "treg_foxp3": Truth(("treg",)),
        "mono": Truth(("mono",)),
        "nk": Truth(NK),
        "cll": Truth((*CLL, *B_CD5)),
        "b_normal": Truth(B_NORMAL),
        "t_cd8_gzmb": Truth((*T_CD8, "nkt_like"), ("GranzymeB",)),
        "nk_gzmb": Truth(NK, ("GranzymeB",)),
    },
    ("GranzymeB",),
)
ICS = PanelSpec(
    "ics",
    {
        "BUV395-A": "CD3",
        "BUV496-A": "CD4",
        "BUV805-A": "CD8",
        "BV421-A": "IFNg",
        "BV605-A": "TNF",
        "BV711-A": "IL4",
        "BV786-A": "Dump",
        "FITC-A": "CD107a",
        "PE-A": "IL2",
        "PE-Cy7-A": "IL17",
        "eF780-A": "Viability",
    },
    _PBMC,
    _GATES
    | _LINEAGES
    | {
        f"{lineage}_{function.lower()}": Truth(_LINEAGES[lineage].labels, (function,))
        for lineage in ("t_cd4", "t_cd8")
        for function in FUNCTIONS
    },
    responds=True,
)
T_MEMORY = PanelSpec(
    "t_memory",
    {
        "FITC-A": "KI67",
        "eF780-A": "CD3",
        "AF700-A": "CD28",
        "APC-A": "CD45RO",
        "BV786-A": "CD8",
        "BV650-A": "CD4",
        "BV605-A": "CD57",
        "BV421-A": "Viability",
        "PE-Cy7-A": "CCR5",
        "BB700-A": "CD19",
        "BUV661-A": "CD27",
        "PE-CF594-A": "CCR7",
        "PE-A": "CD127",
    },
    _PBMC,
    _GATES
    | _LINEAGES
    | _memory()
    | {
        "t_cd4_cd57": Truth(T_CD4, ("CD57",)),
        "t_cd8_cd57": Truth((*T_CD8, "nkt_like"), ("CD57",)),
    },
    ("KI67", "CD57", "CCR5"),
    "cryo_pbmc",
)
# One reporter binds the free sites of every kinase of its family. The antibodies to the kinases
# themselves are in the tube ``total`` only, the reporter in ``probe`` and ``probe_bg`` only.
OCCUPANCY = PanelSpec(
    "occupancy",
    {
        "BUV395-A": "CD3",
        "BUV496-A": "CD4",
        "BUV805-A": "CD8",
        "V500-A": "CD45",
        "BV711-A": "CD19",
        "FITC-A": "Probe",
        "BB700-A": "CD5",
        "PE-A": "BTK",
        "PE-Cy7-A": "CD14",
        "APC-A": "ITK",
        "eF780-A": "Viability",
    },
    _PBMC,
    _CD45
    | _LINEAGES
    | {
        "mono": Truth(("mono",)),
        "cll": Truth((*CLL, *B_CD5)),
        "b_normal": Truth(B_NORMAL),
    },
    specimen="cryo_pbmc",
)
IKZF = PanelSpec(
    "ikzf",
    {
        "BUV395-A": "CD3",
        "BUV496-A": "CD4",
        "BUV661-A": "CD56",
        "BUV805-A": "CD8",
        "BV421-A": "RHOH",
        "V500-A": "CD45",
        "BV711-A": "CD19",
        "FITC-A": "IKZF1",
        "BB700-A": "CD5",
        "PE-A": "CRBN",
        "PE-Cy7-A": "CD14",
        "APC-A": "IKZF3",
        "eF780-A": "Viability",
    },
    _WHOLE,
    _CD45
    | _LINEAGES
    | {
        "mono": Truth(("mono",)),
        "nk": Truth(NK),
        "cll": Truth((*CLL, *B_CD5)),
        "b_normal": Truth(B_NORMAL),
    },
    specimen="fresh_wb",
)
SPECS = MappingProxyType(
    {
        spec.key: spec
        for spec in (TNK, T_SUBSETS, CLL_PANEL, INTRACELLULAR, ICS, T_MEMORY, OCCUPANCY, IKZF)
    }
)
