"""Chaos scenarios, one a file: `kactors run scenarios/NAME.py` runs one, `kactors hunt` many."""
