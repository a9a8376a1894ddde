"""How proteins were measured: which statistic is of which method, and the method in words."""

METHOD_OF = {"mesf": "flow", "net": "flow", "log2_ratio": "western"}
METHODS = {"flow": "intracellular flow", "western": "western blot"}
