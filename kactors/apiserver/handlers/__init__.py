"""What happens for each verb: one file each.

Source: ``staging/src/k8s.io/apiserver/pkg/endpoints/handlers`` of Kubernetes.
"""
