"""Random structured programs over the face, and what they do in a world.

A program is a tree of steps. Each step that takes time takes a time of its own that no sum of
others equals, so that two things happen at one instant only if one is the consequence
of the other: then the order in which a world runs what is ready at one instant cannot
show, and what each task sees has to be the same in every world.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs
from hypothesis import strategies as st

from kactors.runtime import (
    CancelScope,
    Nursery,
    Random,
    TaskStatus,
    cancel_scope,
    cancelled_class,
    current_effective_deadline,
    current_time,
    fail_after,
    open_nursery,
    sleep,
    stream,
    waiter,
)

Body: TypeAlias = "tuple[Step, ...]"


@attrs.frozen
class Sleep:
    """Wait for a while."""


@attrs.frozen
class WaitFor:
    """Wait for a value with a limit; half of the values come in time."""

    in_time: bool


@attrs.frozen
class Raise:
    """Fail."""


@attrs.frozen
class Scope:
    """Run the body in a cancel scope."""

    body: Body
    shield: bool
    deadline: bool


@attrs.frozen
class Fail:
    """Run the body with a timeout that is an error."""

    body: Body


@attrs.frozen
class Open:
    """Run the body in a nursery, beside children."""

    body: Body
    children: tuple[Body, ...]


@attrs.frozen
class Start:
    """Start a child in one of the nurseries around, and wait until it says that it has started."""

    nursery: int
    before: Body
    after: Body


@attrs.frozen
class Spawn:
    """Start a child in one of the nurseries around."""

    nursery: int
    body: Body


@attrs.frozen
class Cancel:
    """Cancel one of the scopes around, those of nurseries included."""

    scope: int


@attrs.frozen
class Shield:
    """Raise or lower the shield of one of the scopes around."""

    scope: int
    up: bool


@attrs.frozen
class Postpone:
    """Set the deadline of one of the scopes around."""

    scope: int


@attrs.frozen
class Catch:
    """Run the body and catch its errors, but not its cancellation."""

    body: Body


@attrs.frozen
class Clean:
    """Run the body and clean up afterwards, behind a shield."""

    body: Body


Step: TypeAlias = (
    Sleep
    | WaitFor
    | Raise
    | Scope
    | Fail
    | Open
    | Start
    | Spawn
    | Cancel
    | Shield
    | Postpone
    | Catch
    | Clean
)

_around = st.integers(0, 3)


def _compound(bodies: st.SearchStrategy[Body]) -> st.SearchStrategy[Body]:
    step = st.one_of(
        st.builds(Sleep),
        st.builds(WaitFor, st.booleans()),
        st.builds(Raise),
        st.builds(Scope, bodies, shield=st.booleans(), deadline=st.booleans()),
        st.builds(Fail, bodies),
        st.builds(Open, bodies, st.lists(bodies, max_size=3).map(tuple)),
        st.builds(Start, _around, bodies, bodies),
        st.builds(Spawn, _around, bodies),
        st.builds(Cancel, _around),
        st.builds(Shield, _around, up=st.booleans()),
        st.builds(Postpone, _around),
        st.builds(Catch, bodies),
        st.builds(Clean, bodies),
    )
    return st.lists(step, max_size=4).map(tuple)


programs: st.SearchStrategy[Body] = st.recursive(
    st.lists(st.builds(Sleep), max_size=2).map(tuple), _compound, max_leaves=25
)


def large_program(chance: Random) -> Body:
    """Draw a program of some dozens of steps."""
    return tuple(Catch((_open(chance, 4),)) for _ in range(4))


def _open(chance: Random, depth: int) -> Step:
    children = tuple(_drawn_body(chance, depth) for _ in range(chance.below(4)))
    return Open(_drawn_body(chance, depth), children)


def _drawn_body(chance: Random, depth: int) -> Body:
    return tuple(_drawn(chance, depth - 1) for _ in range(chance.randrange(1, 5)))


def _drawn(chance: Random, depth: int) -> Step:
    def body() -> Body:
        return _drawn_body(chance, depth)

    around = chance.below(4)
    simple: list[Callable[[], Step]] = [
        *[Sleep] * 4,
        lambda: WaitFor(chance.chance(0.5)),
        lambda: Cancel(around),
        lambda: Shield(around, chance.chance(0.5)),
        lambda: Postpone(around),
        lambda: Raise() if chance.chance(0.3) else Sleep(),
    ]
    compound: list[Callable[[], Step]] = [
        lambda: Scope(body(), chance.chance(0.3), chance.chance(0.5)),
        lambda: Fail(body()),
        *[lambda: _open(chance, depth)] * 2,
        lambda: Start(around, body(), body()),
        lambda: Spawn(around, body()),
        lambda: Catch(body()),
        lambda: Clean(body()),
    ]
    return chance.choice(compound if depth > 0 and chance.chance(0.5) else simple)()


Log: TypeAlias = "dict[str, list[tuple[float, str]]]"


@attrs.define
class Interpreter:
    """Runs a program and notes what each of its tasks sees, and when.

    Attributes:
        log: for each task, by the path at which it was started.
    """

    log: Log = attrs.Factory(dict)
    _began: float = 0.0

    async def run(self, body: Body) -> tuple[Log, str]:
        """Run the program; return the log and how it ended."""
        self._began = current_time()
        try:
            await self._body("main", body, (), ())
        except Exception as error:  # noqa: BLE001 - whatever it is, both worlds agree on it
            return self.log, shape(error)
        return self.log, "well"

    def _note(self, task: str, what: str) -> None:
        self.log.setdefault(task, []).append((round(current_time() - self._began, 8), what))

    def _time_of(self, where: str) -> float:
        # A multiple of what the log is rounded to, so that no world rounds otherwise.
        return stream(0, "time", where).randrange(1_000_000, 100_000_000, 2) / 1e8

    async def _child(
        self,
        task: str,
        body: Body,
        scopes: tuple[CancelScope, ...],
        nurseries: tuple[Nursery, ...],
        where: str = "",
    ) -> None:
        """Run a body in a task of its own, at an instant of its own."""
        await sleep(self._time_of(f"{task} begins {where}"))
        await self._body(task, body, scopes, nurseries, where)

    async def _body(
        self,
        task: str,
        body: Body,
        scopes: tuple[CancelScope, ...],
        nurseries: tuple[Nursery, ...],
        where: str = "",
    ) -> None:
        for number, step in enumerate(body):
            here = f"{where}/{number}"
            try:
                await self._step(task, step, scopes, nurseries, here)
            except cancelled_class():
                self._note(task, f"{here} cancelled")
                raise
            except BaseException as error:
                self._note(task, f"{here} {shape(error)}")
                raise
            self._note(task, f"{here} done")
            if number + 1 < len(body) and not isinstance(step, Sleep):
                # What the step has caused, or has ended it, is of this instant: step aside.
                await sleep(self._time_of(f"{task}{here} afterwards"))

    async def _step(  # noqa: PLR0912 - one branch for each kind of step
        self,
        task: str,
        step: Step,
        scopes: tuple[CancelScope, ...],
        nurseries: tuple[Nursery, ...],
        here: str,
    ) -> None:
        seconds = self._time_of(task + here)

        async def inside(body: Body, *more: CancelScope) -> None:
            await self._body(task, body, (*scopes, *more), nurseries, here)

        match step:
            case Sleep():
                await sleep(seconds)
            case WaitFor(in_time):
                await self._wait(task, in_time, seconds, here)
            case Raise():
                raise ValueError(here)
            case Scope(body, shield, deadline):
                until = current_time() + 3 * seconds if deadline else float("inf")
                with cancel_scope(deadline=until, shield=shield) as scope:
                    await inside(body, scope)
                self._note(task, f"{here} {scope.cancel_called} {scope.cancelled_caught}")
            case Fail(body):
                with fail_after(3 * seconds) as scope:
                    await inside(body, scope)
            case Open():
                await self._open(task, step, scopes, nurseries, here)
            case Start(nursery, before, after) if nurseries:
                name = f"{task}{here}"
                chosen = nurseries[nursery % len(nurseries)]

                async def child(*, task_status: TaskStatus) -> None:
                    await self._child(name, before, scopes, nurseries, "before")
                    task_status.started(here)
                    await self._child(name, after, scopes, nurseries, "after")

                assert await chosen.start(child) == here
            case Spawn(nursery, body) if nurseries:
                chosen = nurseries[nursery % len(nurseries)]
                chosen.start_soon(self._child, f"{task}{here}", body, scopes, nurseries)
            case Cancel(scope) if scopes:
                scopes[scope % len(scopes)].cancel()
            case Shield(scope, up) if scopes:
                scopes[scope % len(scopes)].shield = up
            case Postpone(scope) if scopes:
                scopes[scope % len(scopes)].deadline = current_time() + seconds
                left = current_effective_deadline() - current_time()
                self._note(task, f"{here} {round(left, 8)}")
            case Catch(body):
                try:
                    await inside(body)
                except Exception as error:  # noqa: BLE001 - noted
                    self._note(task, f"{here} caught {shape(error)}")
            case Clean(body):
                try:
                    await inside(body)
                finally:
                    with cancel_scope(shield=True):
                        await sleep(seconds)

    async def _wait(self, task: str, in_time: bool, seconds: float, here: str) -> None:
        value = waiter()
        async with open_nursery() as nursery:

            async def bring() -> None:
                await sleep(seconds)
                value.wake("value")

            nursery.start_soon(bring)
            limit = seconds * (2.0 if in_time else 0.5)
            self._note(task, f"{here} {await value.wait_for(limit, 'late')}")

    async def _open(
        self,
        task: str,
        step: Open,
        scopes: tuple[CancelScope, ...],
        nurseries: tuple[Nursery, ...],
        here: str,
    ) -> None:
        async with open_nursery() as nursery:
            around = (*scopes, nursery.cancel_scope), (*nurseries, nursery)
            for number, body in enumerate(step.children):
                nursery.start_soon(self._child, f"{task}{here}#{number}", body, *around)
            await self._body(task, step.body, *around, here)


def shape(error: BaseException) -> str:
    """Describe an error; of a group its members, in an order that means nothing."""
    if isinstance(error, BaseExceptionGroup):
        return f"group({', '.join(sorted(map(shape, error.exceptions)))})"
    if isinstance(error, cancelled_class()):
        return "cancelled"
    return (
        f"{type(error).__name__}({error})"
        if isinstance(error, ValueError)
        else type(error).__name__
    )
