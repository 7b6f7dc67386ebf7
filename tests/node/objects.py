"""Objects and machines for the tests of nodes."""

from collections.abc import Callable
from typing import Any

import attrs

from kactors.api.objects import Object
from kactors.node.runtime.behaviour import PREFIX
from kactors.runtime import Clock, Random
from kactors.runtime.random import stream

EPOCH_NS = 1_700_000_000 * 10**9


@attrs.define
class HandMachine:
    """A machine whose clock is set by hand."""

    now_ns: int = 0
    seed: int = 0
    clock: Clock = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.clock = Clock(lambda: self.now_ns, offset_ns=EPOCH_NS)

    def random(self, *key: str | int) -> Random:
        """Return the stream under ``key``."""
        return stream(self.seed, *key)

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += round(seconds * 10**9)


@attrs.define
class HandTimer:
    """A timer that is noted and never rings."""

    seconds: float
    function: Callable[..., None]
    args: tuple[Any, ...]
    active: bool = True

    def cancel(self) -> None:
        """Take it back."""
        self.active = False


def container(name: str = "main", **more: Any) -> Object:
    """Return a container."""
    return {"name": name, "image": "example.org/web:1", **more}


def pod(
    name: str = "web",
    *,
    uid: str = "",
    behaviour: dict[str, str] | None = None,
    containers: list[Object] | None = None,
    metadata: Object | None = None,
    status: Object | None = None,
    **spec: Any,
) -> Object:
    """Return a pod of the namespace ``default`` with one container unless told otherwise."""
    annotations = {PREFIX + key: text for key, text in (behaviour or {}).items()}
    found: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "default",
            "uid": uid or f"uid-of-{name}",
            "annotations": annotations,
            **(metadata or {}),
        },
        "spec": {"containers": containers or [container()], **spec},
    }
    if status is not None:
        found["status"] = status
    return found
