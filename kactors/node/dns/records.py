"""What the Kubernetes DNS specification says about Services and their endpoints, as records.

Source: https://github.com/kubernetes/dns/blob/master/docs/specification.md, version 1.1.0.
"""

from enum import Enum
from typing import Final

import attrs

__all__ = ["SCHEMA_VERSION", "Record", "RecordType", "dashed", "reverse_name"]

SCHEMA_VERSION: Final = "1.1.0"


class RecordType(Enum):
    """The types of records that are answered."""

    A = "A"
    SRV = "SRV"
    PTR = "PTR"
    CNAME = "CNAME"
    TXT = "TXT"


@attrs.frozen(order=True)
class Record:
    """One record.

    Attributes:
        name: fully qualified, with the dot at the end.
        type: its type.
        value: address, name or text; of an SRV record the target.
        port: of an SRV record.
        ttl: seconds for which it may be believed.
    """

    name: str
    type: RecordType = attrs.field(order=lambda kind: kind.value)
    value: str
    port: int = 0
    ttl: int = 30


def dashed(ip: str) -> str:
    """Return an address as one label: ``10-1-2-3``."""
    return ip.replace(".", "-").replace(":", "-")


def reverse_name(ip: str) -> str:
    """Return the name under which an IPv4 address is looked up: ``3.2.1.10.in-addr.arpa.``."""
    return ".".join(reversed(ip.split("."))) + ".in-addr.arpa."
