"""Bridging controls: what the same material gives in every batch, and which batch is out."""
