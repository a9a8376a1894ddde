"""Beads of known fluorescence: their peaks, the curves through them, and cells read by these."""
