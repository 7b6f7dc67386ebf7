"""Whole clusters in real time on one machine: processes, TCP with mutual TLS, files.

One process for each master and one for all nodes, looked after by a supervisor. In the order of
reading: `settings` (what a cluster was made with), `data_directory` (where it lives), `identities`
(certificates and tokens), `process` (one of its processes), `child` and `supervisor` (keep them
running), `lookout` (how the cluster is), `access` (how people get in).
"""
