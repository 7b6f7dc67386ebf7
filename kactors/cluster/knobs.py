"""The settings of components that a topology can change: defaults, and how far one may go.

`KNOBS` is for whoever draws settings at random: extremes stand next to their default, and a
cluster must hold its promises with any of them. Every other field of a component's configuration
can be set as well, by the same rule for names: ``component.field``.
"""

import math
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import attrs
from attrs import AttrsInstance

from kactors.cluster.errors import InvalidTopology
from kactors.errors import KactorsError

__all__ = ["COMPONENTS", "KNOBS", "Knob", "configured"]

ConfigT = TypeVar("ConfigT", bound=AttrsInstance)


@attrs.frozen
class Knob:
    """One setting.

    Attributes:
        default: upstream's, where upstream has such a setting.
        extremes: values at the ends of what is sensible; what lies between is, too.
    """

    default: Any
    extremes: tuple[Any, ...]


KNOBS: Final[Mapping[str, Knob]] = {
    # etcd: --heartbeat-interval, --election-timeout, --snapshot-count, --max-wals, ...
    "etcd.tick_seconds": Knob(0.1, (0.05, 0.3)),
    "etcd.election_ticks": Knob(10, (5, 30)),
    "etcd.heartbeat_ticks": Knob(1, (1, 3)),
    "etcd.snapshot_entries": Knob(10_000, (50, 100_000)),
    "etcd.catch_up_entries": Knob(5_000, (10, 50_000)),
    "etcd.snapshot_chunk_bytes": Knob(256 * 1024, (4096, 4 * 1024 * 1024)),
    "etcd.progress_seconds": Knob(600.0, (1.0, 600.0)),
    "etcd.watch_events_max": Knob(1000, (1, 10_000)),
    "etcd.corruption_seconds": Knob(0.0, (0.0, 5.0)),
    # kube-apiserver: --event-ttl, --etcd-compaction-interval
    "apiserver.event_seconds": Knob(3600, (60, 3600)),
    "apiserver.compaction_seconds": Knob(300.0, (10.0, 600.0)),
    "apiserver.ring.least": Knob(100, (10, 1000)),
    "apiserver.ring.most": Knob(100 * 1024, (1000, 100 * 1024)),
    # --leader-elect-*: of the scheduler and of both controller managers
    "election.lease_duration": Knob(15.0, (12.0, 60.0)),
    "election.renew_deadline": Knob(10.0, (5.0, 11.0)),
    "election.retry_period": Knob(2.0, (0.5, 4.0)),
    "election.release_on_cancel": Knob(default=True, extremes=(False, True)),
    # client-go, of every component
    "client.timeout": Knob(30.0, (10.0, 60.0)),
    "client.read_timeout": Knob(5.0, (3.5, 30.0)),
    "client.write_timeout": Knob(10.0, (2.0, 30.0)),
    "client.silence": Knob(2.0, (0.5, 10.0)),
    "client.page_size": Knob(500, (2, 10_000)),
    # KubeSchedulerConfiguration, in nanoseconds
    "scheduler.percentage_of_nodes_to_score": Knob(0, (1, 100)),
    "scheduler.pod_initial_backoff_ns": Knob(1_000_000_000, (100_000_000, 5_000_000_000)),
    "scheduler.pod_max_backoff_ns": Knob(10_000_000_000, (5_000_000_000, 60_000_000_000)),
    "scheduler.unschedulable_flush_ns": Knob(300_000_000_000, (30_000_000_000, 300_000_000_000)),
    "scheduler.ties": Knob("random", ("first", "random")),
    # kube-controller-manager: --node-monitor-grace-period, --node-eviction-rate, ...
    "node-lifecycle.grace.monitor": Knob(40.0, (25.0, 120.0)),
    "node-lifecycle.grace.startup": Knob(60.0, (30.0, 120.0)),
    "node-lifecycle.rates.normal": Knob(0.1, (0.05, 10.0)),
    "node-lifecycle.rates.secondary": Knob(0.01, (0.01, 0.1)),
    "node-lifecycle.rates.large_zone": Knob(50, (2, 50)),
    "node-lifecycle.rates.unhealthy_share": Knob(0.55, (0.3, 0.9)),
    # fields of KubeletConfiguration
    "kubelet.lease_seconds": Knob(40, (10, 40)),
    "kubelet.status_seconds": Knob(10.0, (2.0, 30.0)),
    "kubelet.report_seconds": Knob(300.0, (10.0, 300.0)),
    "kubelet.sync_seconds": Knob(60.0, (5.0, 120.0)),
    "kubelet.events": Knob(default=True, extremes=(False, True)),
    # kube-proxy: --iptables-min-sync-period
    "kube-proxy.min_sync_seconds": Knob(1.0, (0.0, 10.0)),
    # the addon manager: ADDON_CHECK_INTERVAL_SEC
    "addons.check_seconds": Knob(60.0, (5.0, 300.0)),
    # the simulated cloud's API
    "cloud.seconds": Knob((0.02, 0.2), ((0.001, 0.002), (0.5, 3.0))),
    "cloud.failure": Knob(0.0, (0.0, 0.3)),
    "cloud.silence": Knob(0.0, (0.0, 0.1)),
    "cloud.calls_per_minute": Knob(None, (60, None)),
}

#: What stands before the first dot of a knob's name.
COMPONENTS: Final = tuple(dict.fromkeys(name.partition(".")[0] for name in KNOBS))


def configured(
    component: str,
    knobs: Mapping[str, Any],
    config: type[ConfigT],
    **given: Any,
) -> ConfigT:
    """Return a component's configuration, with the knobs that a topology has for it.

    Args:
        component: whose they are.
        knobs: by field, or by field, dot, and field of that field's value.
        config: an attrs class.
        given: fields that are not for knobs to change.

    Raises:
        InvalidTopology: a knob is none of that component's, or has a value that it refuses; the
            message says what to give.
    """
    free = [field.name for field in attrs.fields(config) if field.name not in given]
    for name, value in knobs.items():
        if name.partition(".")[0] not in free:
            raise InvalidTopology(
                f"the knob {component}.{name} is unknown: give one of "
                f"{', '.join(f'{component}.{each}' for each in free)}"
            )
        _check(f"{component}.{name}", value)
    plain = {name: value for name, value in knobs.items() if "." not in name}
    try:
        made = config(**given, **plain)
        inner = {
            outer: attrs.evolve(getattr(made, outer), **_below(knobs, outer))
            for outer in dict.fromkeys(name.partition(".")[0] for name in knobs if "." in name)
        }
        return config(**given, **plain, **inner) if inner else made
    except (KactorsError, TypeError, ValueError) as problem:
        said = ", ".join(f"{component}.{name} = {value!r}" for name, value in knobs.items())
        raise InvalidTopology(f"{said} is refused: {problem}") from problem


def _below(knobs: Mapping[str, Any], outer: str) -> dict[str, Any]:
    """Return the knobs of one field's value, by its fields."""
    prefix = f"{outer}."
    return {
        name.removeprefix(prefix): value for name, value in knobs.items() if name.startswith(prefix)
    }


def _check(name: str, value: Any) -> None:
    """See whether a value could be one of that knob's; the component knows better.

    Raises:
        InvalidTopology: it could not.
    """
    if isinstance(value, (int, float)) and not 0 <= value < math.inf:
        raise InvalidTopology(f"the knob {name} is {value!r}: give a finite number from 0 on")
    knob = KNOBS.get(name)
    if knob is None:
        return
    kinds = {type(each) for each in (knob.default, *knob.extremes)}
    if type(value) not in kinds and not (type(value) is int and float in kinds):
        raise InvalidTopology(
            f"the knob {name} is {value!r}: give something like {knob.default!r} or "
            f"{' or '.join(repr(each) for each in knob.extremes)}"
        )
