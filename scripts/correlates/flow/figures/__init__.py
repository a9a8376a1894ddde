"""The gating figure of one file."""
