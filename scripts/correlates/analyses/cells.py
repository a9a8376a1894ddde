"""What kinds of cells and specimens are called in the answers about assays."""

CELLS = {
    **{"cll": "CLL cells", "b_normal": "normal B cells", "b": "B cells", "t": "T cells"},
    **{"t_cd4": "CD4+ T cells", "t_cd8": "CD8+ T cells", "nk": "NK cells", "mono": "monocytes"},
    **{"pbmc": "PBMC", "wb": "whole blood"},
}
SPECIMENS = {
    "fresh_wb": "fresh whole blood",
    "fresh_pbmc": "fresh PBMC",
    "cryo_pbmc": "cryopreserved PBMC",
    "marrow": "marrow",
    "node_fna": "lymph node aspirate",
}
MIXED_CELLS = frozenset({"pbmc", "wb"})
