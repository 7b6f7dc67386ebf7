"""The bootstrap policy: which rights the cluster's own components have, as upstream gives them.

What may live here are tables of roles and bindings, and what writes them when a cluster begins.
"""
