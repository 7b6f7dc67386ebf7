"""Chaos scenarios: what happens to a cluster, and what must hold, as values.

Everything that a printed scenario mentions can be imported from here, so
``eval(repr(scenario), vars(kactors.scenario)) == scenario``.
"""

from kactors.cluster.topology import CloudOptions as CloudOptions
from kactors.cluster.topology import NodePool as NodePool
from kactors.cluster.topology import Topology as Topology
from kactors.faults import *  # noqa: F403 - every fault, trigger and time
from kactors.scenario.absence import Gone as Gone
from kactors.scenario.absence import NoTwoLead as NoTwoLead
from kactors.scenario.client_predicates import ApiAnswers as ApiAnswers
from kactors.scenario.client_predicates import NoWriteAcknowledged as NoWriteAcknowledged
from kactors.scenario.client_predicates import Served as Served
from kactors.scenario.clients import ApiClients as ApiClients
from kactors.scenario.clients import Calls as Calls
from kactors.scenario.etcd_steps import AddMember as AddMember
from kactors.scenario.etcd_steps import EtcdStep as EtcdStep
from kactors.scenario.etcd_steps import PromoteMember as PromoteMember
from kactors.scenario.etcd_steps import RemoveMember as RemoveMember
from kactors.scenario.goals import Always as Always
from kactors.scenario.goals import Eventually as Eventually
from kactors.scenario.predicates import AllOf as AllOf
from kactors.scenario.predicates import AnyOf as AnyOf
from kactors.scenario.predicates import Completed as Completed
from kactors.scenario.predicates import Leads as Leads
from kactors.scenario.predicates import NodesReady as NodesReady
from kactors.scenario.predicates import NoPodsDeleted as NoPodsDeleted
from kactors.scenario.predicates import Not as Not
from kactors.scenario.predicates import NothingWritten as NothingWritten
from kactors.scenario.predicates import OnePodEach as OnePodEach
from kactors.scenario.predicates import Predicate as Predicate
from kactors.scenario.predicates import Ready as Ready
from kactors.scenario.predicates import Running as Running
from kactors.scenario.scenario import Scenario as Scenario
from kactors.scenario.steps import Apply as Apply
from kactors.scenario.steps import Cordon as Cordon
from kactors.scenario.steps import Delete as Delete
from kactors.scenario.steps import Drain as Drain
from kactors.scenario.steps import Patch as Patch
from kactors.scenario.steps import RollBack as RollBack
from kactors.scenario.steps import Scale as Scale
from kactors.scenario.steps import SetImage as SetImage
from kactors.scenario.steps import Step as Step
from kactors.scenario.steps import Uncordon as Uncordon
from kactors.scenario.storm import Storm as Storm
from kactors.scenario.view import View as View
from kactors.scenario.workload import daemon_set as daemon_set
from kactors.scenario.workload import deployment as deployment
from kactors.scenario.workload import job as job
from kactors.scenario.workload import pod_template as pod_template
from kactors.scenario.workload import service as service
from kactors.scenario.workload import stateful_set as stateful_set
