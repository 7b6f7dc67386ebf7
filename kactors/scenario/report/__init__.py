"""A run as one HTML page: `draw`. Drawn from an `Outcome` alone, and the same bytes each time."""

from kactors.scenario.report.page import draw

__all__ = ["draw"]
