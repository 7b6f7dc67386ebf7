"""A DNS server of the cluster, in the shape of CoreDNS with its kubernetes plugin.

Source: coredns plugin/kubernetes.
"""

from collections.abc import Callable

from kactors.actors import Actor, serves
from kactors.api.objects import Object
from kactors.client.config import ClientConfig
from kactors.client.informer import ResourceEventHandlerFuncs, SharedInformer
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.rest import Client
from kactors.node.dns.answers import DnsIndex
from kactors.node.dns.messages import DnsAnswer, DnsQuery, DnsRecord
from kactors.node.dns.records import RecordType
from kactors.runtime import Event, move_on_after

__all__ = ["DnsServer"]

_SYNC_SECONDS = 5.0


class DnsServer(Actor):
    """Answers from what its informers show; replicas know nothing of each other.

    Run it in containers, as a program of `kactors.node.network.NodeNetwork`, or deploy it.

    Args:
        client: how to reach the apiservers.
        zone: under which the cluster's names are.

    Attributes:
        informers: of what has a name.
        queries: how many questions were answered, by how they were.
    """

    informers: SharedInformerFactory

    def __init__(self, client: ClientConfig, zone: str = "cluster.local") -> None:
        self.queries: dict[str, int] = {}
        self._config = client
        self._index = DnsIndex(zone)
        self._synced = Event()

    async def on_start(self) -> None:
        """Begin to read."""
        client = Client.connect(self, self._config)
        self.informers = SharedInformerFactory(client, self.start_soon)
        self.start_soon(self._begin, self.informers)

    async def _begin(self, informers: SharedInformerFactory) -> None:
        index = self._index
        _follow(informers.informer("namespaces"), index.set_namespace, index.remove_namespace)
        _follow(informers.informer("services"), index.set_service, index.remove_service)
        _follow(informers.informer("endpointslices"), index.set_slice, index.remove_slice)
        await informers.wait_for_cache_sync()
        self._synced.set()

    @serves
    async def query(self, query: DnsQuery) -> DnsAnswer:
        """Answer a question; what came before the first list was read waits for it."""
        if not self._synced.is_set():
            with move_on_after(_SYNC_SECONDS):
                await self._synced.wait()
        if not self._synced.is_set():
            return self._counted(DnsAnswer("SERVFAIL"))
        try:
            kind = RecordType(query.type)
        except ValueError:
            return self._counted(DnsAnswer("NOTIMP"))
        answer = self._index.answer(query.name, kind)
        return self._counted(
            DnsAnswer(
                answer.rcode.value,
                tuple(
                    DnsRecord(each.name, each.type.value, each.value, each.port, each.ttl)
                    for each in answer.records
                ),
            )
        )

    def _counted(self, answer: DnsAnswer) -> DnsAnswer:
        self.queries[answer.rcode] = self.queries.get(answer.rcode, 0) + 1
        return answer


def _follow(
    informer: SharedInformer, put: Callable[[Object], None], remove: Callable[[Object], None]
) -> None:
    informer.add_handler(
        ResourceEventHandlerFuncs(add=put, update=lambda _, new: put(new), delete=remove)
    )
