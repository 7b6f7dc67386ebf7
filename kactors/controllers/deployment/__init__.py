"""Deployment: one ReplicaSet per template; the newest grows while the others shrink.

Source: kubernetes pkg/controller/deployment.
"""
