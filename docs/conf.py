"""How the manual is built: ``tox -e docs``."""

project = "kactors"
author = "the kactors engineers"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = "kactors"
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True
