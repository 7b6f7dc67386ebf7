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
    alone: bool
    forgets: bool


class Atlas:
    """Hands out permissions to take masters down.

    Args:
        masters: of the cluster.
        unlimited: any number of them may be down, or forget; but not who must be left *alone*.
    """

    def __init__(self, masters: Sequence[str], *, unlimited: bool = False) -> None:
        self._minority = (len(masters) - 1) // 2
        self._masters = tuple(masters)
        self._unlimited = unlimited
        self._claims: list[_Claim] = []

    def permits(
        self,
        host: str,
        begin_s: float,
        end_s: float,
        *,
        alone: bool = False,
        forgets: bool = False,
    ) -> bool:
        """Tell whether a host may be down for a while, and take note if so.

        No more than a minority of masters is down at any time; nodes may all be.

        Args:
            host: any.
            begin_s: when it goes down.
            end_s: when it is up again.
            alone: nothing else may take it down meanwhile. So it is with a disk that lies: if its
                member came back with what such a disk has kept, it would have broken its word, and
                no consensus could be right; it may come back only with another disk.
            forgets: it comes back with an empty disk, and so without a vote, for good: no more
                than a minority ever does.
        """
        if host not in self._masters:
            return True
        claim = _Claim(host, begin_s, end_s + _RECOVERY_S, alone, forgets)
        overlapping = [
            each
            for each in self._claims
            if each.begin_s < claim.end_s and claim.begin_s < each.end_s
        ]
        if any(each.host == host and (alone or each.alone) for each in overlapping):
            return False
        if not self._unlimited and not self._bearable(claim, overlapping):
            return False
        self._claims.append(claim)
        return True

    def _bearable(self, claim: _Claim, overlapping: Sequence[_Claim]) -> bool:
        """Tell whether a quorum is left, at any time, of masters that remember."""
        down = dict.fromkeys(each.host for each in (*overlapping, claim))
        forgetful = dict.fromkeys(each.host for each in (*self._claims, claim) if each.forgets)
        return len(down) <= self._minority and len(forgetful) <= self._minority
