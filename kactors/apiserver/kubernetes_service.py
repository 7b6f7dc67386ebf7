"""The Service ``kubernetes``: how what runs in the cluster finds the apiservers.

Theory of operation
===================

Each replica that has an address to advertise holds a key in etcd with a lease of 15 seconds. Every
ten seconds it keeps the lease alive, reads who else holds such a key, and lets the Endpoints and
the EndpointSlice of the Service say so. Whoever dies is gone from there within 25 seconds, because
those that live look again; what somebody else has made of the Service, too, is mended then.

Source: ``pkg/controlplane/reconcilers/lease.go`` and
``pkg/controlplane/controller/kubernetesservice`` of Kubernetes.
"""

from collections.abc import Callable, Sequence
from typing import Final

from kactors.api.errors import AlreadyExists, ApiError
from kactors.api.objects import Object, deep_copy
from kactors.api.service_ranges import AddressRange
from kactors.apiserver.authentication.user import LOOPBACK
from kactors.apiserver.config import ApiServerConfig
from kactors.apiserver.etcd_problems import ETCD_PROBLEMS
from kactors.apiserver.keys import ROOT
from kactors.apiserver.registry.object_store import ObjectStore, Write
from kactors.etcd.errors import LeaseNotFound
from kactors.runtime import sleep

NAMESPACE: Final = "default"
NAME: Final = "kubernetes"
LEASE_KEYS: Final = ROOT + b"masterleases/"
LEASE_SECONDS: Final = 15
INTERVAL_SECONDS: Final = 10.0
_PORT_NAME: Final = "https"
_HTTPS: Final = 443


class KubernetesService:
    """Keeps the Service and its endpoints, beside one replica.

    Args:
        store: writes objects.
        config: of the replica.
        log: told what goes wrong.
    """

    def __init__(
        self, store: ObjectStore, config: ApiServerConfig, log: Callable[[str], None]
    ) -> None:
        self._store = store
        self._storage = store.backend.storage
        self._config = config
        self._log = log
        self._lease = 0

    async def run(self) -> None:
        """Take turns until cancelled."""
        while True:
            await sleep(INTERVAL_SECONDS)
            await self.turn()

    async def turn(self) -> None:
        """Set right what is not as it should be; if that fails, the next turn does it."""
        try:
            await self._ensure(_service(self._config))
            if self._config.advertise_address:
                addresses = await self._addresses()
                await self._ensure(_endpoints(addresses, self._config.advertise_port))
                await self._ensure(_slice(addresses, self._config.advertise_port))
        except (ApiError, *ETCD_PROBLEMS) as problem:
            self._log(f"the Service {NAME} is not as it should be yet: {problem}")

    async def _addresses(self) -> list[str]:
        """Return the addresses of all replicas that live, this one too."""
        mine = self._config.advertise_address
        if not await self._keep_lease():
            # A key from this replica's life before hangs on a lease that ends soon.
            await self._show()
        page = await self._storage.page(LEASE_KEYS)
        addresses = [item.key.removeprefix(LEASE_KEYS).decode() for item in page.items]
        if mine not in addresses:
            await self._show()
            addresses.append(mine)
        return sorted(addresses)

    async def _show(self) -> None:
        """Let all replicas know that this one lives."""
        key = LEASE_KEYS + self._config.advertise_address.encode()
        await self._storage.etcd.put(key, b"", lease=self._lease)

    async def _keep_lease(self) -> bool:
        """Have a lease; tell whether it is the one of the turn before."""
        etcd = self._storage.etcd
        if self._lease:
            try:
                await etcd.keep_alive_once(self._lease)
            except LeaseNotFound:
                self._lease = 0
            else:
                return True
        self._lease = (await etcd.grant(LEASE_SECONDS)).id
        return False

    async def _ensure(self, wanted: Object) -> None:
        """Let an object be there, and have what is wanted beside its metadata."""
        backend = self._store.backend
        resource = backend.registry.of_object(wanted)
        write = Write(LOOPBACK, resource, NAMESPACE, NAME)
        parts = {name: wanted[name] for name in _KEPT if name in wanted}
        found = await backend.find(resource, NAMESPACE, NAME)
        if found is None:
            try:
                await self._store.create(write, wanted)
            except AlreadyExists:
                await self._ensure(wanted)  # another replica was faster, and may know less
        elif any(found.get(name) != value for name, value in parts.items()):

            def change(old: Object | None) -> Object:
                if old is None:
                    raise write.not_found()
                made: Object = deep_copy(old)
                return {**made, **deep_copy(parts)}

            await self._store.update(write, change)


#: What is kept as it should be; of the Service, that it is there.
_KEPT: Final = ("subsets", "endpoints", "ports")


def _object(api_version: str, kind: str, labels: dict[str, str], **parts: object) -> Object:
    metadata = {"name": NAME, "namespace": NAMESPACE, "labels": labels}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **parts}


def _service(config: ApiServerConfig) -> Object:
    """Return the Service; its address is the first of the range."""
    ports = [
        {
            "name": _PORT_NAME,
            "protocol": "TCP",
            "port": _HTTPS,
            "targetPort": config.advertise_port,
        }
    ]
    spec = {
        "type": "ClusterIP",
        "clusterIP": AddressRange(config.service_cidr).first,
        "ports": ports,
        "sessionAffinity": "None",
    }
    labels = {"component": "apiserver", "provider": "kubernetes"}
    return _object("v1", "Service", labels, spec=spec)


def _endpoints(addresses: Sequence[str], port: int) -> Object:
    subset = {"addresses": [{"ip": address} for address in addresses], "ports": _ports(port)}
    labels = {"endpointslice.kubernetes.io/skip-mirror": "true"}
    return _object("v1", "Endpoints", labels, subsets=[subset])


def _slice(addresses: Sequence[str], port: int) -> Object:
    return _object(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        {"kubernetes.io/service-name": NAME},
        addressType="IPv4",
        endpoints=[
            {"addresses": [address], "conditions": {"ready": True}} for address in addresses
        ],
        ports=_ports(port),
    )


def _ports(port: int) -> list[Object]:
    return [{"name": _PORT_NAME, "port": port, "protocol": "TCP"}]
