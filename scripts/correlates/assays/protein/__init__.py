"""Proteins: intracellular flow against its background tube, and western densitometry."""
