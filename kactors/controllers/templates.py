"""Hashes by which two templates are told apart.

Source: kubernetes pkg/controller/controller_utils.go (ComputeHash), apimachinery pkg/util/rand.
"""

import json
from typing import Final

from kactors.api.objects import Object

__all__ = ["compute_hash", "fnv32a", "safe_encode"]

_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"


def compute_hash(template: Object, collision_count: int | None = None) -> str:
    """Return a short text that is the same for equal templates.

    Args:
        template: any JSON-shaped value.
        collision_count: a number that changes the hash, for when another template has the same;
            0 is a number, too.
    """
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    if collision_count is not None:
        text += f"#{collision_count}"
    return safe_encode(str(fnv32a(text.encode())))


def fnv32a(data: bytes) -> int:
    """Return the 32-bit FNV-1a hash.

    Example:
        >>> hex(fnv32a(b"a"))
        '0xe40c292c'
    """
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def safe_encode(text: str) -> str:
    """Return ``text`` in letters that spell no words (upstream's SafeEncodeString)."""
    return "".join(_ALPHABET[ord(letter) % len(_ALPHABET)] for letter in text)
