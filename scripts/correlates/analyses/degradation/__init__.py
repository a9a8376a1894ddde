"""How much of a protein remains under lenalidomide, how fast it goes, and whether it comes back."""
