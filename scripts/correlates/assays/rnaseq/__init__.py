"""Bulk RNA sequencing: counts of genes become expression, junctions become exon inclusion."""
