"""Carries out a script, as a patient person with kubectl and etcdctl does."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import attrs

from kactors.api.errors import ApiError, BadRequest, Forbidden, Invalid, UnknownKind
from kactors.api.objects import Object
from kactors.apiserver.etcd_problems import ETCD_PROBLEMS
from kactors.client.errors import ClientError
from kactors.cluster.simulated import ADMIN_HOST, SimulatedCluster
from kactors.runtime import move_on_after, open_nursery, sleep
from kactors.scenario.errors import InvalidScenario
from kactors.scenario.etcd_steps import AnyStep, EtcdStep
from kactors.scenario.steps import Apply
from kactors.scenario.view import Clockwork

__all__ = ["Administrator", "Performed"]

#: What no patience mends: the scenario asks for what cannot be.
_WRONG = (BadRequest, Forbidden, Invalid, UnknownKind)
_PAUSE_S = 1.0


@attrs.frozen
class Performed:
    """How a step went.

    Attributes:
        step: as it prints.
        begun_s, ended_s: scenario time.
        done: whether it was carried out; otherwise patience ended first.
        tries: how many it took.
        problem: what the last try met, if it was not carried out.
        may_fail: whether that is nothing to object to.
    """

    step: str
    begun_s: float
    ended_s: float
    done: bool
    tries: int
    problem: str = ""
    may_fail: bool = False


class Administrator:
    """Sits outside of the cluster and asks its apiservers.

    Args:
        cluster: whose apiservers.
        clockwork: scenario time.
        note: told of each step when it has ended.

    Attributes:
        pending: how many steps have not ended.
        refused: what the apiservers refuse and will always refuse; the run cannot go on then.
    """

    def __init__(
        self,
        cluster: SimulatedCluster,
        clockwork: Clockwork,
        note: Callable[[Performed], None],
    ) -> None:
        self.pending = 0
        self.refused: InvalidScenario | None = None
        self._cluster = cluster
        self._clockwork = clockwork
        self._note = note

    def apply(self, manifests: tuple[Object, ...], *, patience_s: float) -> None:
        """Have objects there; returns at once.

        Each is applied on its own, so that one that has to wait keeps no other waiting.
        """
        self.start([Apply((each,), at_s=0.0, patience_s=patience_s) for each in manifests])

    def start(self, script: Iterable[AnyStep]) -> None:
        """Begin each step at its time, from now on; returns at once."""
        steps = tuple(script)
        self.pending += len(steps)
        machine = self._cluster.world.hosts[ADMIN_HOST].machine
        machine.spawn(self._perform_all, steps, name="script")

    async def _perform_all(self, script: tuple[AnyStep, ...]) -> None:
        async with open_nursery() as nursery:
            for step in script:
                nursery.start_soon(self._perform, step)

    async def _perform(self, step: AnyStep) -> None:
        await sleep(step.at_s)
        begun_s = self._clockwork.now_s
        attempt = self._attempt_of(step)
        tries, problem, done = 0, "nobody answered", False
        with move_on_after(step.patience_s):
            while not done:
                tries += 1
                done, problem = await self._try(step, attempt)
                if self.refused is not None:
                    return
                if not done:
                    await sleep(_PAUSE_S)
        self.pending -= 1
        self._note(
            Performed(
                step=repr(step),
                begun_s=begun_s,
                ended_s=self._clockwork.now_s,
                done=done,
                tries=tries,
                problem="" if done else problem,
                may_fail=step.may_fail,
            )
        )

    def _attempt_of(self, step: AnyStep) -> Callable[[], Awaitable[None]]:
        """Return what tries a step once, with one client for all its tries."""
        if isinstance(step, EtcdStep):
            return partial(step.perform, self._cluster.etcd_client())
        return partial(step.perform, self._cluster.client())

    async def _try(self, step: AnyStep, attempt: Callable[[], Awaitable[None]]) -> tuple[bool, str]:
        try:
            await attempt()
        except _WRONG as problem:
            self.refused = InvalidScenario(
                f"{step!r} is refused: {problem}: make it fit the cluster", literal=_name_of(step)
            )
            return False, str(problem)
        except (ApiError, ClientError, *ETCD_PROBLEMS) as problem:
            return False, str(problem)
        return True, ""


def _name_of(step: AnyStep) -> str:
    """Return what stands in the scenario's source and leads to the step."""
    if isinstance(step, Apply):
        return str(step.manifests[0]["metadata"]["name"]) if step.manifests else ""
    return str(getattr(step, "name", "") or getattr(step, "node", "") or getattr(step, "host", ""))
