"""FCS files: read, described and judged."""
