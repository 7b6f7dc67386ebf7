"""Admission: what is added to objects, and refused, because of what else is in the cluster.

One plugin, one file; `kactors.apiserver.admission.chain` has them in their order.
"""
