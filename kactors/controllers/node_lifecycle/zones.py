"""How fast pods may be sent away, zone by zone.

When many nodes of a zone fall silent at once, it is more likely that the network to it is cut than
that they all died: pods are sent away slowly, or not at all. When that is so in all zones, it is
most likely us who are cut off: nothing is sent away.

Source: kubernetes pkg/controller/nodelifecycle/node_lifecycle_controller.go: ComputeZoneState,
handleDisruption, setLimiterInZone.
"""

from collections.abc import Mapping
from enum import Enum

import attrs

from kactors.api.meta import labels_of
from kactors.api.objects import Object

__all__ = ["Disruption", "EvictionRates", "ZoneState", "disruption", "zone_key", "zone_state"]


class ZoneState(Enum):
    """How well a zone is."""

    NORMAL = "Normal"
    PARTIAL_DISRUPTION = "PartialDisruption"
    FULL_DISRUPTION = "FullDisruption"


@attrs.frozen(kw_only=True)
class EvictionRates:
    """How many nodes a second may be emptied in a zone, and what counts as disrupted.

    Attributes:
        normal: in a zone that is well, and in one where no node is, while others are.
        secondary: in a partially disrupted zone that is large.
        large_zone: has more nodes than this.
        unhealthy_share: of a zone's nodes, from which it is partially disrupted.
    """

    normal: float = 0.1
    secondary: float = 0.01
    large_zone: int = 50
    unhealthy_share: float = 0.55

    def of_zone(self, state: ZoneState, nodes: int) -> float:
        """Return the rate for a zone of so many nodes, while not all zones are disrupted."""
        if state is not ZoneState.PARTIAL_DISRUPTION:
            return self.normal
        return self.secondary if nodes > self.large_zone else 0.0


def zone_key(node: Object) -> str:
    """Return the name of the failure domain of a node: its region and zone."""
    labels = labels_of(node)
    region = labels.get("topology.kubernetes.io/region", "")
    zone = labels.get("topology.kubernetes.io/zone", "")
    return f"{region}:{zone}" if region or zone else ""


def zone_state(ready: int, unready: int, rates: EvictionRates) -> ZoneState:
    """Return how well a zone with so many ready and other nodes is."""
    if ready == 0 and unready > 0:
        return ZoneState.FULL_DISRUPTION
    if unready > 2 and unready / (ready + unready) >= rates.unhealthy_share:
        return ZoneState.PARTIAL_DISRUPTION
    return ZoneState.NORMAL


class Disruption(Enum):
    """What a change of the zones' states means for the cluster as a whole.

    * NONE: set the rate of each zone by its state.
    * ENTERED: every zone is fully disrupted now: stop, and take back all taints.
    * CONTINUES: it was and is so; if a taint is left, take it back.
    * LEFT: it is over: nothing that was seen before counts; then as NONE.
    """

    NONE = "none"
    ENTERED = "entered"
    CONTINUES = "continues"
    LEFT = "left"


def disruption(before: Mapping[str, ZoneState], now: Mapping[str, ZoneState]) -> Disruption:
    """Return what the change from one set of states to another means.

    No zones at all are not disrupted.
    """
    was, is_now = _all_full(before), _all_full(now)
    if is_now:
        return Disruption.CONTINUES if was else Disruption.ENTERED
    return Disruption.LEFT if was else Disruption.NONE


def _all_full(states: Mapping[str, ZoneState]) -> bool:
    return bool(states) and all(each is ZoneState.FULL_DISRUPTION for each in states.values())
