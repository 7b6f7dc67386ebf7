"""The plugins of one profile, sorted by what they are."""

from collections.abc import Iterable, Iterator, Mapping

from kactors.scheduler.framework.plugin import (
    BindPlugin,
    FilterPlugin,
    PermitPlugin,
    Plugin,
    PostBindPlugin,
    PostFilterPlugin,
    PreBindPlugin,
    PreEnqueuePlugin,
    PreFilterPlugin,
    PreScorePlugin,
    QueueSortPlugin,
    ReservePlugin,
    ScorePlugin,
)

__all__ = ["EXTENSION_POINTS", "PluginTable"]

#: From the name of an extension point, as configurations spell it, to what implements it.
EXTENSION_POINTS: Mapping[str, type[Plugin]] = {
    "preEnqueue": PreEnqueuePlugin,
    "queueSort": QueueSortPlugin,
    "preFilter": PreFilterPlugin,
    "filter": FilterPlugin,
    "postFilter": PostFilterPlugin,
    "preScore": PreScorePlugin,
    "score": ScorePlugin,
    "reserve": ReservePlugin,
    "permit": PermitPlugin,
    "preBind": PreBindPlugin,
    "bind": BindPlugin,
    "postBind": PostBindPlugin,
}


class PluginTable:
    """For each extension point its plugins, in the order in which they run.

    Attributes:
        score: with their weights.
    """

    def __init__(self, plugins: Mapping[str, Iterable[Plugin]], weights: Mapping[str, int]) -> None:
        """Sort plugins.

        Args:
            plugins: by extension point; `EXTENSION_POINTS` has their names.
            weights: of the score plugins, by their names; 1 for those that are not here.
        """
        at = {point: tuple(plugins.get(point, ())) for point in EXTENSION_POINTS}
        self.pre_enqueue = tuple(
            each for each in at["preEnqueue"] if isinstance(each, PreEnqueuePlugin)
        )
        self.queue_sort = tuple(
            each for each in at["queueSort"] if isinstance(each, QueueSortPlugin)
        )
        self.pre_filter = tuple(
            each for each in at["preFilter"] if isinstance(each, PreFilterPlugin)
        )
        self.filter = tuple(each for each in at["filter"] if isinstance(each, FilterPlugin))
        self.post_filter = tuple(
            each for each in at["postFilter"] if isinstance(each, PostFilterPlugin)
        )
        self.pre_score = tuple(each for each in at["preScore"] if isinstance(each, PreScorePlugin))
        self.score = tuple(
            (each, weights.get(each.name, 1))
            for each in at["score"]
            if isinstance(each, ScorePlugin)
        )
        self.reserve = tuple(each for each in at["reserve"] if isinstance(each, ReservePlugin))
        self.permit = tuple(each for each in at["permit"] if isinstance(each, PermitPlugin))
        self.pre_bind = tuple(each for each in at["preBind"] if isinstance(each, PreBindPlugin))
        self.bind = tuple(each for each in at["bind"] if isinstance(each, BindPlugin))
        self.post_bind = tuple(each for each in at["postBind"] if isinstance(each, PostBindPlugin))
        self._all = {each.name: each for chosen in at.values() for each in chosen}

    def __iter__(self) -> Iterator[Plugin]:
        """Yield every plugin once, in the order of its first extension point."""
        return iter(self._all.values())

    def get(self, name: str) -> Plugin | None:
        """Return a plugin by its name."""
        return self._all.get(name)
