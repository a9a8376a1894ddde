"""Germline genotypes: calls on declared alleles, call rates and Hardy-Weinberg equilibrium."""
