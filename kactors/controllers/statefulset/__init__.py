"""StatefulSet: pods with names of their own, of which there are never two.

Source: kubernetes pkg/controller/statefulset.
"""
