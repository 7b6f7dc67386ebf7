"""EndpointSlices: a Service's endpoints in pieces, so that a change of one costs little.

Source: kubernetes staging/src/k8s.io/endpointslice, pkg/controller/endpointslice.
"""
