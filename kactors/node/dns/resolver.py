"""How a container looks up a name: its ``resolv.conf``, search path, and a server behind a Service.

Source: kubernetes pkg/kubelet/network/dns/dns.go; resolv.conf(5).
"""

from collections.abc import Awaitable
from typing import Final, Protocol, TypeVar

import attrs

from kactors.actors.errors import RequestError
from kactors.actors.request import Request
from kactors.node.dns.messages import DnsAnswer, DnsQuery
from kactors.node.errors import ConnectionFailed, LookupFailed, NoSuchName
from kactors.node.proxy.dataplane import DataPlane
from kactors.transport.envelope import Address

__all__ = ["ResolvConf", "Resolver", "candidates"]

AnswerT = TypeVar("AnswerT")

DNS_PORT: Final = 53
_ALIASES_MAX: Final = 8


class Asker(Protocol):
    """Who can ask actors: an `Actor`."""

    def request(
        self, target: Address, message: Request[AnswerT], *, timeout: float | None = None
    ) -> Awaitable[AnswerT]:
        """Ask, and wait for the answer."""
        ...


@attrs.frozen(kw_only=True)
class ResolvConf:
    """What a container is told about names.

    Attributes:
        server: address of the DNS Service.
        search: domains in which a short name is looked for, in order.
        ndots: a name with fewer dots is looked for in them first.
        timeout: seconds per try.
        attempts: tries per question.
    """

    server: str
    search: tuple[str, ...] = ()
    ndots: int = 5
    timeout: float = 5.0
    attempts: int = 2

    @classmethod
    def cluster_first(
        cls, server: str, namespace: str, zone: str = "cluster.local"
    ) -> "ResolvConf":
        """Return what a pod of ``namespace`` has with ``dnsPolicy: ClusterFirst``."""
        search = (f"{namespace}.svc.{zone}", f"svc.{zone}", zone)
        return cls(server=server, search=search)


def candidates(name: str, conf: ResolvConf) -> tuple[str, ...]:
    """Return the full names that are asked for, in order, when somebody says ``name``."""
    if name.endswith("."):
        return (name,)
    searched = tuple(f"{name}.{domain}." for domain in conf.search)
    if name.count(".") >= conf.ndots:
        return (f"{name}.", *searched)
    return (*searched, f"{name}.")


def _is_address(name: str) -> bool:
    parts = name.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


class Resolver:
    """Looks up names as a container does, through the network of its node.

    Args:
        conf: see there.
        network: of the node.
        asker: asks the server that was reached.
        source_ip: of the pod.
    """

    def __init__(
        self, conf: ResolvConf, network: DataPlane, asker: Asker, source_ip: str = ""
    ) -> None:
        self._conf = conf
        self._network = network
        self._asker = asker
        self._source_ip = source_ip

    async def addresses(self, name: str) -> tuple[str, ...]:
        """Return the addresses of a name, aliases followed; an address is its own.

        Raises:
            NoSuchName: nobody has the name, in no domain of the search path.
            LookupFailed: no server has answered, or none has the addresses.
        """
        if _is_address(name):
            return (name,)
        problem: LookupFailed = NoSuchName(f"{name}: no such name")
        for full in candidates(name, self._conf):
            for _ in range(_ALIASES_MAX):
                answer = await self.query(full, "A")
                found = tuple(each.value for each in answer.records if each.type == "A")
                aliases = [each.value for each in answer.records if each.type == "CNAME"]
                if found:
                    return found
                if not aliases:
                    break
                full = aliases[0]
            if answer.rcode == "REFUSED" and "." in name:  # no name outside has one part only
                problem = LookupFailed(f"{full} is none of the cluster's names")
            elif answer.rcode == "NOERROR":
                problem = LookupFailed(f"{full} has no addresses")
        raise problem

    async def query(self, name: str, kind: str) -> DnsAnswer:
        """Ask one question.

        Raises:
            LookupFailed: no server has answered, or none that knows anything.
        """
        problem: Exception | None = None
        conf = self._conf
        for _ in range(conf.attempts):
            try:
                connection = await self._network.connect(
                    conf.server, DNS_PORT, protocol="UDP", source_ip=self._source_ip,
                    seconds=conf.timeout,
                )  # fmt: skip
                server = connection.end.program
                if server is None:
                    raise LookupFailed(f"{connection.ip} answers, but is no DNS server")
                question = DnsQuery(name, kind)
                answer = await self._asker.request(server, question, timeout=conf.timeout)
                if answer.rcode != "SERVFAIL":
                    return answer
                problem = LookupFailed(f"{connection.ip} knows nothing yet (SERVFAIL)")
            except (ConnectionFailed, RequestError) as error:
                problem = error
        raise LookupFailed(f"{name}: no DNS server has answered: {problem}") from problem
