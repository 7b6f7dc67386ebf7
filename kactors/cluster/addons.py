"""What belongs to every cluster and runs in it like anything else: had there by its masters.

Source: kubernetes cluster/addons/addon-manager/kube-addons-main.sh; its mode is ``EnsureExists``:
what somebody has changed stays changed, what somebody has deleted comes back. All replicas work, as
all do the same, and none twice.
"""

from typing import Final

import attrs

from kactors.actors import Actor
from kactors.actors.checks import above
from kactors.api.errors import ApiError
from kactors.api.objects import Object
from kactors.client.config import ClientConfig
from kactors.client.errors import ClientError
from kactors.client.rest import Client
from kactors.cluster.manifests import ensure_exists
from kactors.runtime import sleep

__all__ = ["ADDON_MANAGER", "AddonManager", "AddonManagerConfig"]

ADDON_MANAGER: Final = "addon-manager"
_RETRY_SECONDS: Final = 1.0


@attrs.frozen(kw_only=True)
class AddonManagerConfig:
    """What an addon manager is told at its start.

    Attributes:
        client: how to reach the apiservers, as ``system:addon-manager``.
        manifests: what is to be there, in order.
        check_seconds: between two looks, stretched by up to a tenth.
    """

    client: ClientConfig
    manifests: tuple[Object, ...]
    check_seconds: float = attrs.field(default=60.0, validator=above(0))


class AddonManager(Actor):
    """One replica.

    Attributes:
        created: how many objects this life has created.
    """

    def __init__(self, config: AddonManagerConfig) -> None:
        self.created = 0
        self._config = config

    async def on_start(self) -> None:
        """Begin to look."""
        self._client = Client.connect(self, self._config.client)
        self.start_soon(self._keep, name="addons")

    async def _keep(self) -> None:
        chance = self.random("addons")
        await sleep(chance.random())  # not all replicas at once
        while True:
            try:
                for manifest in self._config.manifests:
                    self.created += await ensure_exists(self._client, manifest)
                pause = self._config.check_seconds
            except (ApiError, ClientError):
                pause = _RETRY_SECONDS
            await sleep(pause * (1.0 + 0.1 * chance.random()))
