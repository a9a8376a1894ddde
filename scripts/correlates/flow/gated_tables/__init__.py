"""Tables that a laboratory exported from cells it had gated itself, read as measurements."""
