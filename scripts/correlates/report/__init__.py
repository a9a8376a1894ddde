"""Report: one self-contained page; computes no statistic."""
