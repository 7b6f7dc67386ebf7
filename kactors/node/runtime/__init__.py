"""Containers: the face that the kubelet sees, and the runtime of the simulated world."""
