"""What plugins may ask of the scheduler around them.

Source: kubernetes staging/src/k8s.io/kube-scheduler/framework/interface.go (``Handle``).
"""

from typing import TYPE_CHECKING

import attrs

from kactors.runtime.random import Random
from kactors.scheduler.cache import Cache
from kactors.scheduler.cluster_view import ClusterView
from kactors.scheduler.queue.nominator import Nominator
from kactors.scheduler.snapshot import Snapshot

if TYPE_CHECKING:
    from kactors.scheduler.framework.framework import Framework

__all__ = ["Handle"]


@attrs.define(eq=False, kw_only=True)
class Handle:
    """The scheduler as its plugins see it.

    Attributes:
        cache: nodes and pods; plugins only read.
        view: other objects.
        nominator: which pods wait for which nodes.
        chance: for choices that upstream leaves to chance.
        framework: the profile that the plugin belongs to; set before the first cycle.
    """

    cache: Cache
    view: ClusterView
    nominator: Nominator
    chance: Random
    framework: "Framework | None" = None

    @property
    def snapshot(self) -> Snapshot:
        """The nodes as this cycle sees them."""
        return self.cache.snapshot()

    @property
    def profile(self) -> "Framework":
        """The profile that the plugin belongs to."""
        assert self.framework is not None, "a plugin asked for its profile while it was built"
        return self.framework
