"""Runs as HTML pages: `draw` for one, `draw_campaign` for many.

Drawn from what is known of them alone, and the same bytes each time.
"""

from kactors.scenario.report.campaign import draw_campaign
from kactors.scenario.report.page import draw

__all__ = ["draw", "draw_campaign"]
