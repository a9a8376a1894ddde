"""Lineage fingerprints: whether each draw looks like the others of its patient."""
