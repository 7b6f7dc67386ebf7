"""Whole clusters: a topology becomes hosts, and hosts get the actors of every component.

In the order of reading: `topology` (what is wanted), `knobs` (what can be turned), `plan` (which
actors on which hosts, the same in both worlds), `control_plane`, `workers`, `cloud` and `dns` (how
each component is set up), `simulated` (a cluster in virtual time), `observer` (what it holds in
truth), `traffic` (who calls its Services).
"""
