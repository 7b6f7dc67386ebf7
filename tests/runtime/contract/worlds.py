"""What the fixtures of the contract tests are."""

from collections.abc import Awaitable, Callable
from typing import Any

from kactors.runtime.live import LiveWorld
from kactors.runtime.sim import Simulation

Run = Callable[..., Any]
"""Runs ``async_fn(*args)`` in one of the worlds."""

World = Simulation | LiveWorld
"""Has ``add_host`` and ``hosts``, whichever it is."""

RunWorld = Callable[[Callable[[World], Awaitable[Any]]], Any]
"""Runs ``async_fn(world)`` on host ``main`` of one of the worlds."""
