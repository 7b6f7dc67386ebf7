"""Kubernetes as actors, in a simulated world and in a live one."""

__version__ = "0.1.0"
