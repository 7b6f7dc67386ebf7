"""What every component needs to talk to the apiservers, in client-go's names.

Here live the ways in which programs use the API; what a program does with it is no business of
this package, and neither is how an apiserver works: all it knows of one is
`kactors.api.requests`. In the order of reading:

* `config`, `balancer`, `connection`, `session`, `rest`, `resource_client`, `watch`: requests and
  watches, over many replicas;
* `indexer`, `reflector`, `informer`, `informer_factory`, `lister`: copies of the objects that keep
  themselves up to date;
* `workqueue`, `rate_limiter`, `expectations`: what reconcilers are driven by;
* `leader_election`, `events`, `control`, `retry`: one of many acts; what it did is told; pods come
  and go; changes that others come between;
* `controller`: an actor that puts these together.
"""

from kactors.actors.system_asker import SystemAsker as SystemAsker
from kactors.client.config import ClientConfig as ClientConfig
from kactors.client.control import PodControl as PodControl
from kactors.client.controller import Controller as Controller
from kactors.client.controller import ControllerContext as ControllerContext
from kactors.client.controller import ControllerReport as ControllerReport
from kactors.client.controller import InspectController as InspectController
from kactors.client.errors import ClientError as ClientError
from kactors.client.errors import NotLeading as NotLeading
from kactors.client.errors import OutcomeUnknown as OutcomeUnknown
from kactors.client.errors import TerminalError as TerminalError
from kactors.client.errors import Unavailable as Unavailable
from kactors.client.events import EventRecorder as EventRecorder
from kactors.client.expectations import ControllerExpectations as ControllerExpectations
from kactors.client.expectations import (
    UIDTrackingControllerExpectations as UIDTrackingControllerExpectations,
)
from kactors.client.informer import ResourceEventHandlerFuncs as ResourceEventHandlerFuncs
from kactors.client.informer import SharedInformer as SharedInformer
from kactors.client.informer_factory import SharedInformerFactory as SharedInformerFactory
from kactors.client.leader_election import LeaderElectionConfig as LeaderElectionConfig
from kactors.client.leader_election import LeaderElector as LeaderElector
from kactors.client.lister import Lister as Lister
from kactors.client.resource_client import ResourceClient as ResourceClient
from kactors.client.resources import GroupVersionResource as GroupVersionResource
from kactors.client.rest import Client as Client
from kactors.client.workqueue import WorkQueue as WorkQueue
