"""Chaos scenarios: what happens to a cluster, and what must hold, as values."""
