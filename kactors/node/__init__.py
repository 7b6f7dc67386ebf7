"""What runs on every node: kubelet, container runtime, proxy, the network of its pods; and DNS.

In the order of reading: `runtime` (containers), `pods` (what a pod needs next, and what is said of
it), `kubelet` (the actor that does it), `proxy` (Services as a table; traffic by that table),
`dns` (names). What decides is plain functions of objects; the actors are thin.
"""
