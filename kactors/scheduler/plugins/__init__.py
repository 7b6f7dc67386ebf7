"""The default plugins, one file each, in the plain form that is the specification.

The text follows upstream's, node by node. `kactors.scheduler.vector` computes the same for all
nodes at once; property tests hold the two together.
"""
