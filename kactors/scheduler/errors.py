"""What can go wrong in the scheduler; everything is a `SchedulerError`."""

from kactors.errors import KactorsError

__all__ = [
    "ConfigurationError",
    "CycleError",
    "NoSuchStateError",
    "SchedulerError",
    "UnknownNodeError",
    "UnknownPluginError",
    "UnknownPodError",
]


class SchedulerError(KactorsError):
    """The scheduler was asked for something that it cannot do."""


class ConfigurationError(SchedulerError):
    """A scheduler configuration cannot be used as it is written."""


class UnknownPluginError(ConfigurationError):
    """A profile names a plugin that the registry does not have."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(
            f"plugin {name!r} was enabled, the registry has {', '.join(known)}: "
            f"register it or leave it out"
        )
        self.name = name


class CycleError(SchedulerError):
    """A plugin answered with an error; the attempt is given up and repeated later."""


class NoSuchStateError(CycleError):
    """A plugin read what no earlier extension point of this cycle had written."""

    def __init__(self, key: str) -> None:
        super().__init__(f"state {key!r} was read, nothing wrote it in this cycle")


class UnknownNodeError(SchedulerError):
    """A node was named that the cache does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"node {name!r} is not in the cache: it was deleted or not yet seen")
        self.name = name


class UnknownPodError(SchedulerError):
    """A pod was named that the cache does not have in the state that the call needs."""

    def __init__(self, key: str, wanted: str) -> None:
        super().__init__(f"pod {key!r} is not {wanted}: assume it before it is forgotten or bound")
        self.key = key
