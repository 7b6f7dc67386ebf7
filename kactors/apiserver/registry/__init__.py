"""How objects are created, changed and deleted: the rules of their kinds, admission, and storage.

Source: ``staging/src/k8s.io/apiserver/pkg/registry/generic/registry`` of Kubernetes.
"""
