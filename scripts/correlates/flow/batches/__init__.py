"""Batches: what they are confounded with, and the correction that is allowed where they are not."""
