"""What kinds of cells are called in the answers about assays."""

CELLS = {
    **{"cll": "CLL cells", "b_normal": "normal B cells", "b": "B cells", "t": "T cells"},
    **{"t_cd4": "CD4+ T cells", "t_cd8": "CD8+ T cells", "nk": "NK cells", "mono": "monocytes"},
    **{"pbmc": "PBMC", "wb": "whole blood"},
}
MIXED_CELLS = frozenset({"pbmc", "wb"})
