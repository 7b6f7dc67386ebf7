"""Clusters of three processes, and generators of load for them that are no bottleneck."""
