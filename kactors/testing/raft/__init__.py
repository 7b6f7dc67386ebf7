"""Hunts for bugs in any Raft: storms of faults in virtual time, invariants after every step.

Start with `kactors.testing.raft.protocol`, what an implementation has to offer, and
`kactors.testing.raft.schedule`, what is done to it.
"""
