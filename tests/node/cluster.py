"""A node with its kubelet, and an apiserver to talk to, in a simulated world."""

from collections.abc import Callable
from typing import Any, Self

from kactors.actors import Address
from kactors.api.codec import decode, decode_request, encode
from kactors.api.errors import Conflict
from kactors.api.meta import format_time, get_condition, name_of, namespace_of, uid_of
from kactors.api.objects import Object, deep_copy, field, put
from kactors.api.patch import apply_patch
from kactors.api.registry import REGISTRY
from kactors.api.requests import ApiRequest, ApiResponse
from kactors.client.config import ClientConfig
from kactors.node.config import KubeletConfig
from kactors.node.kubelet import Kubelet
from kactors.node.machine import Life, NodeMachine
from kactors.node.runtime.face import ContainerStatus
from kactors.wire import decode_value
from tests.client.fake import FakeApiServer, FakeCluster, Key
from tests.node.objects import pod

RESOURCES = {"Namespace": "namespaces", "Pod": "pods", "Node": "nodes", "Secret": "secrets",
             "ConfigMap": "configmaps", "Service": "services",
             "EndpointSlice": "endpointslices", "Lease": "leases"}  # fmt: skip
GROUPS = {"endpointslices": "discovery.k8s.io", "leases": "coordination.k8s.io"}


class PatchingApiServer(FakeApiServer):
    """The fake, with the patches of real ones: whose conditions are whose matters here."""

    def patch(self, request: ApiRequest) -> ApiResponse:
        """Change an object by a patch, of whatever kind."""
        key = self.key(request)
        obj = decode_request(self.stored(key).body)
        resource = REGISTRY.by_name(f"{request.resource}.{request.group}".rstrip("."))
        patch = decode_value(request.body)
        uid = field(patch, "metadata", "uid", default="")
        if uid and uid != uid_of(obj):
            raise Conflict(key[1], key[3], "the uid is another's", group=key[0])
        changed = apply_patch(request.content_type, obj, patch, resource.schema)
        if encode(changed) != encode(obj):
            self.store.write(key, changed)
        return self.stored(key)


class NodeCluster(FakeCluster):
    """Nodes on hosts ``n1``, ``n2``, ... beside the replicas of a fake apiserver.

    Attributes:
        machines: of the nodes, by name.
        kubelets: the present life of each, by name.
    """

    def __init__(self, *nodes: str, seed: int = 0, **config: Any) -> None:
        super().__init__(replicas=1, seed=seed)
        self.machines: dict[str, NodeMachine] = {}
        self.kubelets: dict[str, Kubelet] = {}
        for number, name in enumerate(nodes or ("n1",), start=1):
            self._add_node(name, number, config)

    def __enter__(self) -> Self:
        return self

    def _add_node(self, name: str, number: int, more: dict[str, Any]) -> None:
        ip = f"192.168.0.{number}"
        machine = self.machines[name] = NodeMachine(ip)
        config = KubeletConfig(
            node=name,
            node_ip=ip,
            client=self.client_config,
            **{"pod_cidr": f"10.244.{number}.0/24", **more},
        )

        def factory() -> Kubelet:
            kubelet = self.kubelets[name] = Kubelet(config, machine)
            return kubelet

        self.world.add_host(name).deploy(factory, "kubelet")

    @property
    def client_config(self) -> ClientConfig:
        """How to reach the apiserver."""
        return ClientConfig(replicas=tuple(self.addresses), token="a node's")

    def _deploy(self, name: str) -> None:
        def factory() -> FakeApiServer:
            server = self.servers[name] = PatchingApiServer(self.store)
            return server

        self.world.add_host(name).deploy(factory, "apiserver")
        self.addresses.append(Address(name, "apiserver"))

    # -- objects -------------------------------------------------------------------------

    @staticmethod
    def key(kind: str, name: str, namespace: str = "default") -> Key:
        """Return where the store has an object."""
        resource = RESOURCES[kind]
        return (
            GROUPS.get(resource, ""),
            resource,
            "" if kind in {"Node", "Namespace"} else namespace,
            name,
        )

    def put(self, obj: Object) -> None:
        """Create or replace an object, as somebody else would."""
        self.store.write(self.key(obj["kind"], name_of(obj), namespace_of(obj)), obj)

    def get(self, kind: str, name: str, namespace: str = "default") -> Object | None:
        """Return a copy of an object."""
        found = self.store.objects.get(self.key(kind, name, namespace))
        return None if found is None else deep_copy(decode(*found))

    def change(self, kind: str, name: str, value: object, *path: str) -> None:
        """Set a field of an object, as somebody else would."""
        obj = self.get(kind, name)
        assert obj is not None, f"there is no {kind} {name} to change"
        put(obj, value, *path)
        self.put(obj)

    def run_pod(self, name: str = "web", *, node: str = "n1", **spec: Any) -> None:
        """Bind a new pod to a node."""
        self.put(pod(name, nodeName=node, **spec))

    def delete_pod(self, name: str, grace: int = 30) -> None:
        """Ask for a pod's deletion; an apiserver does nothing more while a kubelet has it."""
        obj = self.get("Pod", name)
        assert obj is not None, f"there is no pod {name} to delete"
        put(obj, grace, "metadata", "deletionGracePeriodSeconds")
        put(obj, format_time(self.wall_ns + grace * 10**9), "metadata", "deletionTimestamp")
        self.put(obj)

    @property
    def wall_ns(self) -> int:
        """The wall clock of the clients' host."""
        return self.world.hosts["c"].machine.clock.wall_ns()

    def start_kubelet(self, node: str = "n1") -> None:
        """Start a node's kubelet that was stopped."""
        config, machine = self.kubelets[node].config, self.machines[node]

        def factory() -> Kubelet:
            kubelet = self.kubelets[node] = Kubelet(config, machine)
            return kubelet

        self.world.hosts[node].system.start(factory, "kubelet")

    # -- what has become of them ---------------------------------------------------------

    def status(self, name: str = "web") -> Object:
        """Return the status of a pod."""
        found = self.get("Pod", name)
        assert found is not None, f"there is no pod {name} any more"
        status: Object = found.get("status") or {}
        return status

    def phase(self, name: str = "web") -> str:
        """Return the phase of a pod; empty if it has none, or is gone."""
        found = self.get("Pod", name) or {}
        return str((found.get("status") or {}).get("phase") or "")

    def ready(self, name: str = "web") -> bool:
        """Tell whether a pod is said to be ready."""
        condition = get_condition(self.get("Pod", name) or {}, "Ready")
        return condition is not None and condition["status"] == "True"

    def until(self, condition: Callable[[], bool], timeout: float) -> float:
        """Run until something holds; return how long that took."""
        began = self.world.time
        assert self.world.run_until(condition, timeout=timeout), f"not within {timeout} s"
        return self.world.time - began

    def until_ready(self, *names: str) -> None:
        """Run until pods are ready."""
        self.until(lambda: all(self.ready(name) for name in names), 30)

    def life(self, node: str = "n1") -> Life:
        """Return what a node's machine keeps."""
        found = self.machines[node].life
        assert found is not None, f"nobody runs on {node} yet"
        return found

    def containers(self, node: str = "n1") -> tuple[ContainerStatus, ...]:
        """Return the containers of a node."""
        return self.life(node).runtime.containers()
