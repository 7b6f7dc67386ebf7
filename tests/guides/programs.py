"""Loads the programs of the guides, which are scripts and not part of the package."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"


def load(name: str) -> ModuleType:
    """Import a guide's program by name, once: its messages are registered when it is loaded."""
    if str(GUIDES) not in sys.path:
        sys.path.insert(0, str(GUIDES))
    return importlib.import_module(name)
