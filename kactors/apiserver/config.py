"""What a replica is started with."""

from collections.abc import Sequence
from typing import Final

import attrs

from kactors.apiserver.admission.chain import PLUGINS
from kactors.apiserver.admission.plugin import Plugin
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.cache.watch_cache import RingLimits
from kactors.apiserver.errors import BadServerConfig
from kactors.apiserver.handlers.watch import WatchTimes
from kactors.transport.envelope import Address

#: Upstream's ``--event-ttl``.
EVENT_SECONDS: Final = 3600
#: Upstream's ``--etcd-compaction-interval``.
COMPACTION_SECONDS: Final = 300.0


@attrs.frozen(kw_only=True)
class ApiServerConfig:
    """The knobs of one replica; the defaults are upstream's where upstream has such a knob.

    Attributes:
        etcd: the members of the cluster.
        authority: issues and reads tokens; the same for all replicas.
        anonymous: whether who shows no token may ask as `system:anonymous`.
        plugins: of admission, in their order.
        event_seconds: that an Event lives.
        compaction_seconds: between two compactions of etcd; 0 leaves that to others.
        ring: how many changes the watch cache remembers.
        watch: how long watches live.

    Raises:
        BadServerConfig: there is no member of etcd to ask.
    """

    etcd: tuple[Address, ...] = attrs.field()
    authority: TokenAuthority
    anonymous: bool = True
    plugins: Sequence[type[Plugin]] = PLUGINS
    event_seconds: int = EVENT_SECONDS
    compaction_seconds: float = COMPACTION_SECONDS
    ring: RingLimits = attrs.Factory(RingLimits)
    watch: WatchTimes = attrs.Factory(WatchTimes)

    @etcd.validator
    def _check_etcd(self, _: object, members: tuple[Address, ...]) -> None:
        if not members:
            raise BadServerConfig("an apiserver needs members of etcd: give at least one address")
