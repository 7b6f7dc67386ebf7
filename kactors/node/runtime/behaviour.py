"""How a simulated container behaves: chosen by annotations on its pod, drawn from a keyed stream.

An annotation is named ``behaviour.kactors.dev/KEY``, for every container of the pod, or
``behaviour.kactors.dev/KEY.CONTAINER`` for one of them. What is drawn is drawn anew at each start
of a container. `KEYS` has the keys, what they mean, and what holds where nothing is said.
"""

from collections.abc import Mapping
from math import inf
from typing import Final

import attrs

from kactors.api.meta import annotations_of
from kactors.api.objects import Object
from kactors.api.quantity import value
from kactors.node.errors import MalformedBehaviour
from kactors.node.runtime.distribution import Distribution, parse_distribution
from kactors.runtime import Random

__all__ = ["KEYS", "PREFIX", "Behaviour", "Fate", "behaviour_of", "draw_fate", "memory_limit_of"]

PREFIX: Final = "behaviour.kactors.dev/"

KEYS: Final[Mapping[str, tuple[str, str]]] = {
    "pull-seconds": ("", "how long the pull of its image takes, if the node has it not yet"),
    "pull-failure": ("0", "the probability that one pull fails"),
    "up-seconds": ("uniform(0.1,0.5)", "from its start until it listens on its ports"),
    "ready-seconds": ("0", "from then until it answers readiness probes well"),
    "run-seconds": ("never", "from its start until it ends by itself"),
    "exit-code": ("0", "with which it ends by itself"),
    "stop-seconds": ("uniform(0.05,0.3)", "from SIGTERM until it ends; never: it must be killed"),
    "term-exit-code": ("0", "with which it ends after SIGTERM"),
    "hang-seconds": ("never", "from its start until it hangs: it answers no probe and no signal"),
    "liveness-failure": ("0", "the probability that one liveness or startup probe fails"),
    "readiness-failure": ("0", "the probability that one readiness probe fails"),
    "cpu-milli": ("50", "millicores that it uses"),
    "memory-bytes": ("20000000", "bytes that it uses; above its limit it is OOMKilled after 1 s"),
}
"""Key: what holds where nothing is said, and what it says; times in seconds.

Where nothing is said, a pull takes about a second and the image's size over 50 MB a second; init
containers run for one second, and containers of pods whose restart policy is not Always for five.
"""


@attrs.frozen
class Behaviour:
    """What is drawn from at each start of one container; the fields are `KEYS`."""

    pull_seconds: Distribution | None
    pull_failure: Distribution
    up_seconds: Distribution
    ready_seconds: Distribution
    run_seconds: Distribution
    exit_code: Distribution
    stop_seconds: Distribution
    term_exit_code: Distribution
    hang_seconds: Distribution
    liveness_failure: Distribution
    readiness_failure: Distribution
    cpu_milli: Distribution
    memory_bytes: Distribution


@attrs.frozen
class Fate:
    """What will become of one start of a container, unless somebody interferes.

    Times are seconds since that start; ``inf`` is never.

    Attributes:
        up: it listens from here on.
        ready: readiness probes succeed from here on.
        hangs: it answers nothing from here on.
        ends: it ends by itself.
        exit_code, reason: with which it ends by itself.
        stops: seconds from SIGTERM until it ends.
        term_exit_code: with which it then ends.
        liveness_failure, readiness_failure: probability that one probe fails.
        cpu_milli, memory_bytes: what it uses.
    """

    up: float = 0.0
    ready: float = 0.0
    hangs: float = inf
    ends: float = inf
    exit_code: int = 0
    reason: str = "Completed"
    stops: float = 0.0
    term_exit_code: int = 0
    liveness_failure: float = 0.0
    readiness_failure: float = 0.0
    cpu_milli: int = 0
    memory_bytes: int = 0


def behaviour_of(pod: Object, container: str, *, init: bool = False) -> Behaviour:
    """Return the behaviour of one container of ``pod``.

    Raises:
        MalformedBehaviour: an annotation has an unknown key, or says no distribution.
    """
    said: dict[str, str] = {}
    for name, text in annotations_of(pod).items():
        if not name.startswith(PREFIX):
            continue
        key, _, only = name.removeprefix(PREFIX).partition(".")
        if key not in KEYS:
            raise MalformedBehaviour(f"{name}: there is no such key; there are {', '.join(KEYS)}")
        if only == container:
            said[key] = text
        elif not only:
            said.setdefault(key, text)
    if init:
        said.setdefault("run-seconds", "1")
    elif (pod.get("spec") or {}).get("restartPolicy", "Always") != "Always":
        said.setdefault("run-seconds", "5")
    drawn = {
        key.replace("-", "_"): parse_distribution(said.get(key, default))
        for key, (default, _) in KEYS.items()
        if key != "pull-seconds"
    }
    pull = said.get("pull-seconds")
    return Behaviour(pull_seconds=parse_distribution(pull) if pull else None, **drawn)


def draw_fate(behaviour: Behaviour, random: Random, *, memory_limit: int | None = None) -> Fate:
    """Draw what one start of a container comes to; the order of drawing is fixed.

    Args:
        behaviour: what to draw from.
        random: a stream for this start alone.
        memory_limit: bytes; a container that uses more is killed.
    """
    up = behaviour.up_seconds.draw(random)
    ready = up + behaviour.ready_seconds.draw(random)
    ends = behaviour.run_seconds.draw(random)
    exit_code = int(behaviour.exit_code.draw(random))
    stops = behaviour.stop_seconds.draw(random)
    term_exit_code = int(behaviour.term_exit_code.draw(random))
    hangs = behaviour.hang_seconds.draw(random)
    cpu_milli = int(behaviour.cpu_milli.draw(random))
    memory_bytes = int(behaviour.memory_bytes.draw(random))
    reason = "Completed" if exit_code == 0 else "Error"
    if memory_limit is not None and memory_bytes > memory_limit and ends > 1.0:
        ends, exit_code, reason = 1.0, 137, "OOMKilled"
    return Fate(
        up=up,
        ready=ready,
        hangs=hangs,
        ends=ends if ends <= hangs or reason == "OOMKilled" else inf,
        exit_code=exit_code,
        reason=reason,
        stops=stops,
        term_exit_code=term_exit_code,
        liveness_failure=min(1.0, behaviour.liveness_failure.draw(random)),
        readiness_failure=min(1.0, behaviour.readiness_failure.draw(random)),
        cpu_milli=cpu_milli,
        memory_bytes=memory_bytes,
    )


def memory_limit_of(container: Object) -> int | None:
    """Return the container's memory limit in bytes; ``None`` if it has none."""
    limits = (container.get("resources") or {}).get("limits") or {}
    return value(limits["memory"]) if "memory" in limits else None
