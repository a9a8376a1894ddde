"""Intracellular cytokine staining: stimulated tubes against the unstimulated one of their draw."""
