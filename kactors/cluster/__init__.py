"""Whole clusters: a topology becomes hosts, and hosts get the actors of every component.

In the order of reading: `topology` (what is wanted), `plan` (which actors on which hosts, the
same in both worlds), `control_plane` and `workers` (how each component is set up), `simulated` (a
cluster in virtual time).
"""
