"""What generated functions look up while they run: each other, and the classes behind tags.

Encoders and decoders call each other through these tables rather than directly, so that
classes may refer to each other in circles and each is compiled when it is first needed.
"""

from collections.abc import Callable
from typing import Any

import attrs

Encoder = Callable[[Any, int], Any]
"""Turns an object into what msgpack packs; the number is how many arrays and maps may nest."""

Decoder = Callable[[Any, int], Any]
"""Turns what msgpack unpacked into an object; the number is as in `Encoder`."""


@attrs.frozen(eq=False)
class Tables:
    """The classes of one registry, and the functions generated for them so far.

    Attributes:
        classes: by tag.
        tags: by class; a class that was replaced under its tag keeps it.
        encoders: by message class; compiles on a miss.
        decoders: by tag; compiles on a miss, raises `UnknownTag` if no class has the tag.
        record_encoders: by NamedTuple; compiles on a miss.
        record_decoders: by NamedTuple; compiles on a miss.
    """

    classes: dict[str, type]
    tags: dict[type, str]
    encoders: dict[type, Encoder]
    decoders: dict[str, Decoder]
    record_encoders: dict[type, Encoder]
    record_decoders: dict[type, Decoder]

    def only_tag(self, bases: tuple[type, ...]) -> str | None:
        """Return the tag if one registered class is meant: no union, no marker, not ``object``."""
        return self.tags.get(bases[0]) if len(bases) == 1 else None
