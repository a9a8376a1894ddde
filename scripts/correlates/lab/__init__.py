"""The laboratory's page: is each file good, why not, and what to do; never an outcome."""
