"""Whether messenger and protein agree, within a gene and a kind of cell."""
