"""Watching another actor's end, from the side of who watches; the other is the system actor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kactors.actors.errors import RequestError
from kactors.actors.system_messages import WatchActor
from kactors.transport.envelope import Address

if TYPE_CHECKING:
    from kactors.actors.system import System

SYSTEM = "system"
"""The name of the actor that answers for its host."""


async def keep_watch(system: System, source: Address, target: Address) -> str:
    """Wait until the present life of ``target`` has ended, or cannot be reached; say why."""
    guard = Address(target.host, SYSTEM)
    reason = "unreachable: its host said nothing about it"
    try:
        async with system.asking.open_stream(source, guard, WatchActor(target.name)) as inbox:
            async for event in inbox:
                reason = event.reason
    except RequestError as error:
        reason = f"unreachable: {error}"
    return reason
