"""Variants of BTK, PLCG2 and other genes: allele fractions, and the clone's share that has them."""
