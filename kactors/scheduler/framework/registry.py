"""Plugins by name, and profiles made of them.

Sources: kubernetes pkg/scheduler/framework/runtime/framework.go (``NewFramework``, MultiPoint),
pkg/scheduler/apis/config/v1/default_plugins.go.
"""

from collections.abc import Callable, Mapping

from kactors.api.objects import Object
from kactors.scheduler.config import Profile
from kactors.scheduler.errors import ConfigurationError, UnknownPluginError
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.plugin import Plugin
from kactors.scheduler.framework.plugin_table import EXTENSION_POINTS, PluginTable

__all__ = ["PluginFactory", "Registry", "build_framework"]

PluginFactory = Callable[[Object, Handle], Plugin]
"""From a plugin's ``args`` and the scheduler around it to the plugin."""

Registry = Mapping[str, PluginFactory]


def build_framework(profile: Profile, registry: Registry, handle: Handle) -> Framework:
    """Make a profile's plugins and put each where it belongs.

    Raises:
        UnknownPluginError: the profile names a plugin that the registry does not have.
        ConfigurationError: what is chosen cannot schedule.
    """
    built: dict[str, Plugin] = {}

    def plugin(name: str) -> Plugin:
        if name not in built:
            if name not in registry:
                raise UnknownPluginError(name, sorted(registry))
            built[name] = registry[name](profile.plugin_args.get(name) or {}, handle)
        return built[name]

    multi_point = [plugin(choice.name) for choice in profile.multi_point]
    at_point: dict[str, list[Plugin]] = {}
    for point, kind in EXTENSION_POINTS.items():
        chosen = profile.points.get(point)
        disabled = chosen.disabled if chosen else frozenset[str]()
        named = [plugin(choice.name) for choice in (chosen.enabled if chosen else ())]
        wrong = [each.name for each in named if not isinstance(each, kind)]
        if wrong:
            raise ConfigurationError(
                f"{', '.join(wrong)} was enabled at {point}, it does not implement that: "
                f"take it out of profile {profile.scheduler_name}"
            )
        implied = [
            each
            for each in multi_point
            if isinstance(each, kind)
            and each not in named
            and each.name not in disabled
            and "*" not in disabled
        ]
        # What is named for the point itself keeps its place; the others follow.
        at_point[point] = [*named, *implied]
    for point in ("queueSort", "bind"):
        if not at_point[point]:
            raise ConfigurationError(
                f"profile {profile.scheduler_name} has no plugin at {point}: enable one"
            )
    return Framework(
        profile.scheduler_name,
        PluginTable(at_point, profile.weights()),
        handle,
        percentage_of_nodes_to_score=profile.percentage_of_nodes_to_score,
    )
