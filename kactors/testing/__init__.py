"""Harnesses that hunt for bugs: `kactors.testing.raft`, `kactors.testing.etcd`."""
