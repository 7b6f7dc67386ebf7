"""From a pod to its node, for all nodes at once.

The nodes are rows, their numbers are columns of numpy arrays. For each *signature* (pods that ask
for the same) it is remembered which rows would do and how good they are; after a pod was placed,
only its row is looked at again. What depends on other pods (topology spread) is counted
incrementally.

`kactors.scheduler.algorithm.ScalarAlgorithm` is the specification: whatever this cannot do, or does
only for a few rows, is asked of the plugins themselves.
"""
