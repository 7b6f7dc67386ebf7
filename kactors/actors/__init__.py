"""Actors: things with a name on a host that talk to each other by messages only.

Here live what every actor has around it, and the two worlds to run it in; what an actor does is no
business of this package. In the order of reading:

* `actor`, `handlers`, `request`: what a component is written with;
* `system`, `asking`, `sender`, `receiver`, `peers`: one life of a host, the way out and the way in;
* `cell`, `supervision`, `life`, `mailbox`, `serving`, `asker`, `failing`: an actor through all its
  lives, and in one;
* `outbox`, `inbox`, `stream_table`: streams;
* `system_actor`, `watching`, `dead_letters`: who tells what happens here;
* `world`, `live_world`: hosts with actors, simulated and real.
"""

from kactors.actors.actor import Actor as Actor
from kactors.actors.asker import Asker as Asker
from kactors.actors.errors import ActorError as ActorError
from kactors.actors.errors import ActorFailedError as ActorFailedError
from kactors.actors.errors import ActorStoppedError as ActorStoppedError
from kactors.actors.errors import AddressError as AddressError
from kactors.actors.errors import DeadlineExceededError as DeadlineExceededError
from kactors.actors.errors import GaveUpError as GaveUpError
from kactors.actors.errors import HandlerError as HandlerError
from kactors.actors.errors import KilledError as KilledError
from kactors.actors.errors import LifeOverError as LifeOverError
from kactors.actors.errors import MailboxFullError as MailboxFullError
from kactors.actors.errors import NameTakenError as NameTakenError
from kactors.actors.errors import NoSuchActorError as NoSuchActorError
from kactors.actors.errors import NotAliveError as NotAliveError
from kactors.actors.errors import NotRunningError as NotRunningError
from kactors.actors.errors import OverloadedError as OverloadedError
from kactors.actors.errors import PolicyError as PolicyError
from kactors.actors.errors import RequestError as RequestError
from kactors.actors.errors import StreamBrokenError as StreamBrokenError
from kactors.actors.errors import UnhandledError as UnhandledError
from kactors.actors.errors import UnreadableAnswerError as UnreadableAnswerError
from kactors.actors.errors import UnreadableError as UnreadableError
from kactors.actors.handlers import handles as handles
from kactors.actors.handlers import serves as serves
from kactors.actors.handlers import serves_later as serves_later
from kactors.actors.handlers import streams as streams
from kactors.actors.inbox import Inbox as Inbox
from kactors.actors.mailbox import MailboxPolicy as MailboxPolicy
from kactors.actors.mailbox import WhenFull as WhenFull
from kactors.actors.outbox import Outbox as Outbox
from kactors.actors.outbox import StreamTiming as StreamTiming
from kactors.actors.ref import Ref as Ref
from kactors.actors.request import Request as Request
from kactors.actors.request import StreamRequest as StreamRequest
from kactors.actors.supervision import Restart as Restart
from kactors.actors.supervision import RestartPolicy as RestartPolicy
from kactors.actors.system import System as System
from kactors.actors.system_messages import ActorReport as ActorReport
from kactors.actors.system_messages import DeadLetter as DeadLetter
from kactors.actors.system_messages import Inspect as Inspect
from kactors.actors.system_messages import SystemReport as SystemReport
from kactors.actors.timer import Timer as Timer
from kactors.actors.world import World as World
from kactors.actors.world_host import WorldHost as WorldHost
from kactors.transport.envelope import Address as Address
