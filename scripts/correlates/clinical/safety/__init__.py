"""Safety and dose: tumor lysis, cytopenias, dose-limiting toxicity, dose intensity."""
