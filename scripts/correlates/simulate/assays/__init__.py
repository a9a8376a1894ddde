"""Raw data of the assays beside flow, simulated with known truth."""
