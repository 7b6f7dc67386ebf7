"""``KubeSchedulerConfiguration``, as far as it decides where pods run.

Sources: kubernetes pkg/scheduler/apis/config/types.go, pkg/scheduler/apis/config/v1
(``default_plugins.go``, ``defaults.go``).
"""

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from kactors.api.objects import Object
from kactors.scheduler.errors import ConfigurationError

__all__ = ["DEFAULT_PLUGINS", "PluginChoice", "PointChoice", "Profile", "SchedulerConfig"]


@attrs.frozen
class PluginChoice:
    """A plugin that is on.

    Attributes:
        name: in the registry.
        weight: of its score; 0 is the default, 1.
    """

    name: str
    weight: int = 0


#: The default plugins that there are here, in upstream's order, with upstream's weights.
DEFAULT_PLUGINS: Final = (
    PluginChoice("SchedulingGates"),
    PluginChoice("PrioritySort"),
    PluginChoice("NodeUnschedulable"),
    PluginChoice("NodeName"),
    PluginChoice("TaintToleration", 3),
    PluginChoice("NodeAffinity", 2),
    PluginChoice("NodePorts"),
    PluginChoice("NodeResourcesFit", 1),
    PluginChoice("PodTopologySpread", 2),
    PluginChoice("InterPodAffinity", 2),
    PluginChoice("DefaultPreemption"),
    PluginChoice("NodeResourcesBalancedAllocation", 1),
    PluginChoice("ImageLocality", 1),
    PluginChoice("DefaultBinder"),
)


@attrs.frozen
class PointChoice:
    """What a profile says about one extension point.

    Attributes:
        enabled: these first, in this order.
        disabled: none of these, of what MultiPoint enables; ``*`` for all.
    """

    enabled: tuple[PluginChoice, ...] = ()
    disabled: frozenset[str] = frozenset()


@attrs.frozen(kw_only=True)
class Profile:
    """How the pods of one scheduler name are scheduled.

    Attributes:
        scheduler_name: of those pods.
        multi_point: plugins that are on wherever they can be.
        points: what differs at single extension points, by the point's name.
        plugin_args: by the plugin's name.
        percentage_of_nodes_to_score: None takes the configuration's.
    """

    scheduler_name: str = "default-scheduler"
    multi_point: tuple[PluginChoice, ...] = DEFAULT_PLUGINS
    points: Mapping[str, PointChoice] = attrs.field(factory=dict)
    plugin_args: Mapping[str, Object] = attrs.field(factory=dict)
    percentage_of_nodes_to_score: int | None = None

    def weights(self) -> dict[str, int]:
        """Return the weights of the score plugins that have one of their own."""
        named = self.points.get("score", PointChoice()).enabled
        choices = (*self.multi_point, *named)
        return {choice.name: choice.weight for choice in choices if choice.weight}


@attrs.frozen(kw_only=True)
class SchedulerConfig:
    """A scheduler's configuration; times in nanoseconds.

    Attributes:
        profiles: at least one; all share one queue.
        percentage_of_nodes_to_score: 0 lets it depend on the number of nodes.
        pod_initial_backoff_ns, pod_max_backoff_ns: after a failed attempt.
        unschedulable_flush_ns: how long a pod may stay unschedulable without another attempt.
        ties: which of several best nodes: the ``first`` in the order of the scan, or a ``random``
            one.
    """

    profiles: tuple[Profile, ...] = (Profile(),)
    percentage_of_nodes_to_score: int = 0
    pod_initial_backoff_ns: int = 1_000_000_000
    pod_max_backoff_ns: int = 10_000_000_000
    unschedulable_flush_ns: int = 300_000_000_000
    ties: str = "random"

    def __attrs_post_init__(self) -> None:
        """Check what the types do not say."""
        names = [profile.scheduler_name for profile in self.profiles]
        if not names or len(dict.fromkeys(names)) != len(names):
            raise ConfigurationError(
                f"profiles are named {names}: there must be one, and no name twice"
            )
        if self.ties not in {"first", "random"}:
            raise ConfigurationError(f"ties was {self.ties!r}: say 'first' or 'random'")

    @classmethod
    def from_object(cls, config: Object) -> "SchedulerConfig":
        """Read a ``KubeSchedulerConfiguration`` of ``kubescheduler.config.k8s.io/v1``.

        Raises:
            ConfigurationError: it is of another kind or version.
        """
        wanted = ("kubescheduler.config.k8s.io/v1", "KubeSchedulerConfiguration")
        found = (config.get("apiVersion"), config.get("kind"))
        if found != wanted:
            raise ConfigurationError(f"a configuration was {found}: use {wanted}")
        profiles = tuple(_profile(each) for each in config.get("profiles") or ())
        return cls(
            profiles=profiles or (Profile(),),
            percentage_of_nodes_to_score=config.get("percentageOfNodesToScore") or 0,
            pod_initial_backoff_ns=(config.get("podInitialBackoffSeconds") or 1) * 1_000_000_000,
            pod_max_backoff_ns=(config.get("podMaxBackoffSeconds") or 10) * 1_000_000_000,
        )


def _profile(profile: Object) -> Profile:
    plugins = profile.get("plugins") or {}
    multi = _point(plugins.get("multiPoint") or {})
    own = {choice.name: choice for choice in multi.enabled}
    # A default plugin that is named again keeps its place and takes the new weight.
    kept = tuple(
        own.pop(choice.name, choice)
        for choice in DEFAULT_PLUGINS
        if not multi.disabled & {choice.name, "*"}
    )
    return Profile(
        scheduler_name=profile.get("schedulerName") or "default-scheduler",
        multi_point=(*kept, *own.values()),
        points={
            name: _point(chosen or {}) for name, chosen in plugins.items() if name != "multiPoint"
        },
        plugin_args={
            each["name"]: each.get("args") or {} for each in profile.get("pluginConfig") or ()
        },
        percentage_of_nodes_to_score=profile.get("percentageOfNodesToScore"),
    )


def _point(chosen: Object) -> PointChoice:
    return PointChoice(
        enabled=tuple(
            PluginChoice(each["name"], each.get("weight") or 0)
            for each in chosen.get("enabled") or ()
        ),
        disabled=frozenset(_names(chosen.get("disabled") or ())),
    )


def _names(plugins: Iterable[Object]) -> Iterable[str]:
    return (each["name"] for each in plugins)
