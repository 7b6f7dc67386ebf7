"""Clients that stay with the endpoint that they got: ``sessionAffinity: ClientIP``.

Source: kubernetes pkg/proxy/iptables/proxier.go (the ``recent`` match), pkg/proxy/nftables.
"""

import attrs

from kactors.node.proxy.endpoint import Endpoint

__all__ = ["AffinityTable"]

_SWEEP_AT_LEAST = 1024


@attrs.define
class _Stay:
    endpoint: tuple[str, int]
    seen: float
    seconds: float


@attrs.define
class AffinityTable:
    """Which client talks to which endpoint, per port of a Service; part of a node's kernel."""

    _stays: dict[tuple[str, str, str, int], _Stay] = attrs.field(factory=dict, init=False)
    _sweep_at: int = attrs.field(default=_SWEEP_AT_LEAST, init=False)

    def __len__(self) -> int:
        """Return how many clients are remembered, those included whose time is over."""
        return len(self._stays)

    def find(
        self,
        key: tuple[str, str, str, int],
        endpoints: tuple[Endpoint, ...],
        now: float,
    ) -> Endpoint | None:
        """Return the endpoint of a client, if its time is not over and it is usable still.

        Args:
            key: uid of the Service, client's address, protocol, port.
            endpoints: the usable ones.
            now: seconds.
        """
        stay = self._stays.get(key)
        if stay is None:
            return None
        if now - stay.seen <= stay.seconds:
            for each in endpoints:
                if (each.ip, each.port) == stay.endpoint:
                    return each
        del self._stays[key]
        return None

    def note(
        self, key: tuple[str, str, str, int], endpoint: Endpoint, seconds: float, now: float
    ) -> None:
        """Let a client stay with an endpoint for ``seconds`` after its last connection."""
        self._stays[key] = _Stay((endpoint.ip, endpoint.port), now, seconds)
        if len(self._stays) >= self._sweep_at:
            self._sweep(now)

    def _sweep(self, now: float) -> None:
        over = [key for key, stay in self._stays.items() if now - stay.seen > stay.seconds]
        for key in over:
            del self._stays[key]
        self._sweep_at = max(_SWEEP_AT_LEAST, 2 * len(self._stays))
