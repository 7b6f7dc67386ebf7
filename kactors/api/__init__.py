"""The Kubernetes API without a server: kinds, their rules, and what clients and servers say.

Pure: no I/O, no clock, no randomness. What computes on objects reads them as JSON-shaped dicts,
frozen by convention: whoever changes one copies it.
"""
