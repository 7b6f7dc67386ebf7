"""What the networks of two nodes say to each other."""

from kactors.actors.request import Request
from kactors.transport.envelope import Address
from kactors.wire import message

__all__ = ["Connect", "Connected", "Outcome"]

Outcome = str
"""``connected``, ``refused`` or ``timed out``."""


@message("node.connected")
class Connected:
    """What has become of a connection.

    Attributes:
        outcome: connected, refused or timed out.
        node: on which it ended.
        namespace, pod, pod_uid, container: who has answered; empty unless connected.
        program: address of the actor that runs in that container, if one does.
    """

    outcome: Outcome
    node: str
    namespace: str = ""
    pod: str = ""
    pod_uid: str = ""
    container: str = ""
    program: Address | None = None


@message("node.connect")
class Connect(Request[Connected]):
    """A first packet that arrives at a node.

    Attributes:
        source_ip: who connects.
        ip, port, protocol: whereto: a pod of the node, or one of the node's own addresses.
        seconds: how long the client waits.
    """

    source_ip: str
    ip: str
    port: int
    protocol: str
    seconds: float
