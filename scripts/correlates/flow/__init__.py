"""Flow cytometry: one FCS file in, its gated populations out."""
