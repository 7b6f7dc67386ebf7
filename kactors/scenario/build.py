"""Which kactors this is: its version, and a hash of its sources."""

import hashlib
from functools import lru_cache
from pathlib import Path

import kactors

__all__ = ["build_id"]


@lru_cache(maxsize=1)
def build_id() -> str:
    """Return the version and twelve digits that change with any line of the sources."""
    root = Path(kactors.__file__).parent
    whole = hashlib.blake2b(digest_size=6)
    for path in sorted(root.rglob("*.py")):
        whole.update(path.relative_to(root).as_posix().encode() + b"\0")
        whole.update(path.read_bytes() + b"\0")
    return f"{kactors.__version__}+{whole.hexdigest()}"
