"""Transports: what carries envelopes between hosts, and what links do to them.

Code above knows `kactors.transport.base` and `kactors.transport.envelope` only; which transport
it is given is found by name (`kactors.transport.plugins`). What may live here knows bytes and
addresses, and nothing of actors.
"""
