"""Target occupancy: BTK and ITK."""
