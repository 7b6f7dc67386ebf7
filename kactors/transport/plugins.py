"""Transports by name: the entry points of the group ``kactors.transports``.

A package adds a transport of its own by an entry point in that group; its name is then
good wherever the name of a transport is asked for.
"""

from importlib.metadata import entry_points
from typing import Any

from kactors.transport.errors import TransportError

GROUP = "kactors.transports"


class UnknownTransportError(TransportError):
    """No installed package offers a transport of that name."""


def transport_names() -> tuple[str, ...]:
    """Return the names of all installed transports, sorted."""
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def find_transport(name: str) -> Any:
    """Return the class or factory of a transport.

    Raises:
        UnknownTransportError: nobody offers it; the text names those who are there.
    """
    for point in entry_points(group=GROUP, name=name):
        return point.load()
    known = ", ".join(transport_names()) or "none: is kactors installed?"
    raise UnknownTransportError(f"there is no transport {name!r}; installed are: {known}")
