"""Which masters may be down at which time: what no design survives is not done to it.

Source: TigerBeetle's ``ClusterFaultAtlas``: never as many copies faulty at once as a quorum needs.
"""

from collections.abc import Sequence

import attrs

__all__ = ["Atlas"]

#: For so long after its return a master is not yet counted as one that others can rely on.
_RECOVERY_S = 15.0


@attrs.frozen
class _Claim:
    host: str
    begin_s: float
    end_s: float


class Atlas:
    """Hands out permissions to take masters down.

    Args:
        masters: of the cluster.
        unlimited: everything is permitted.
    """

    def __init__(self, masters: Sequence[str], *, unlimited: bool = False) -> None:
        self._minority = (len(masters) - 1) // 2
        self._masters = tuple(masters)
        self._unlimited = unlimited
        self._claims: list[_Claim] = []

    def permits(self, host: str, begin_s: float, end_s: float) -> bool:
        """Tell whether a host may be down for a while, and take note if so.

        No more than a minority of masters is down at any time; nodes may all be.
        """
        if self._unlimited or host not in self._masters:
            return True
        end_s += _RECOVERY_S
        others = {
            claim.host: None
            for claim in self._claims
            if claim.host != host and claim.begin_s < end_s and begin_s < claim.end_s
        }
        if len(others) >= self._minority:
            return False
        self._claims.append(_Claim(host, begin_s, end_s))
        return True
