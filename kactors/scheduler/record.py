"""Small objects that are made for every pod, and never change.

Whoever checks types knows `record` as `attrs.frozen`, and lets nobody assign to a field. When it
runs nothing guards the fields: with the guard an object takes two to three times as long to make,
and a scheduled pod is a dozen of them.
"""

from typing import TYPE_CHECKING, Any

import attrs

__all__ = ["record"]

if TYPE_CHECKING:
    from attrs import frozen as record
else:

    def record(cls: type | None = None, *, eq: bool = True, **more: Any) -> Any:
        """Make a class a record; the arguments are those of `attrs.frozen`."""
        return attrs.define(cls, eq=eq, unsafe_hash=eq or None, **more)
