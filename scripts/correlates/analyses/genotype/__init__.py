"""Questions of pharmacogenetics: genotype with exposure, toxicity and response."""
