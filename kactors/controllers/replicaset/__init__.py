"""ReplicaSet: so many pods of one template, no matter which.

Source: kubernetes pkg/controller/replicaset.
"""
