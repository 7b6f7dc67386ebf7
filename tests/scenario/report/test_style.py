"""Colours."""

import re

from kactors.scenario.report.style import STYLE


def test_each_colour_that_is_used_is_defined_for_light() -> None:
    """A misspelt one would be black."""
    used = set(re.findall(r"var\((--[\w-]+)\)", STYLE))
    defined = set(re.findall(r"(--[\w-]+):", STYLE.partition("@media")[0]))
    assert used - defined == set()


def test_dark_pages_redefine_what_would_not_be_seen() -> None:
    """Ground, ink and what is nearly either."""
    dark = STYLE.partition("prefers-color-scheme: dark")[2].partition("} }")[0]
    for name in ("page", "ink", "soft", "rule", "band", "down", "bad", "good"):
        assert f"--{name}:" in dark
