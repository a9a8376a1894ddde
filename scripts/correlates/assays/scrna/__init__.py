"""Single cells: counts of genes and antibodies per cell, to measurements per draw and cell type."""
