"""Questions to a DNS server, and its answers."""

from kactors.actors.request import Request
from kactors.wire import message

__all__ = ["DnsAnswer", "DnsQuery", "DnsRecord"]


@message("dns.record")
class DnsRecord:
    """One record of an answer; see `kactors.node.dns.records.Record`."""

    name: str
    type: str
    value: str
    port: int
    ttl: int


@message("dns.answer")
class DnsAnswer:
    """The answer to one question: NOERROR, NXDOMAIN, REFUSED or SERVFAIL, and records."""

    rcode: str
    records: tuple[DnsRecord, ...] = ()


@message("dns.query")
class DnsQuery(Request[DnsAnswer]):
    """One question: a name, fully qualified, and a type (A, SRV, PTR, CNAME, TXT)."""

    name: str
    type: str
