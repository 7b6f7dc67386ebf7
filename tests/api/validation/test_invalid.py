"""What is refused, with the field and the words that upstream uses."""

from typing import Any

import pytest

from kactors.api.errors import Invalid
from tests.api.kinds.objects import TEMPLATE, changed, created

C = "spec.containers.0"
LONG = "a" * 64
TERM = {"topologyKey": "zone", "labelSelector": {}}
POD_AFFINITY = "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution"
NODE_AFFINITY = "spec.affinity.nodeAffinity"
REQUIRED = f"{NODE_AFFINITY}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
PREFERRED = f"{NODE_AFFINITY}.preferredDuringSchedulingIgnoredDuringExecution"
SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}


def _volume(**source: Any) -> tuple[str, Any]:
    return "spec.volumes", [{"name": "v", **source}]


def _env(**variable: Any) -> tuple[str, Any]:
    return f"{C}.env", [variable]


PODS = [
    ([(f"{C}.name", "")], "spec.containers[0].name: Required value"),
    ([(f"{C}.name", "A")], 'spec.containers[0].name: Invalid value: "A": a lowercase RFC 1123'),
    ([("spec.containers", [])], "spec.containers: Required value"),
    ([("spec.containers", [{"name": "c", "image": "i"}] * 2)],
     'spec.containers[1].name: Duplicate value: "c"'),
    ([(f"{C}.image", "")], "spec.containers[0].image: Required value"),
    ([(f"{C}.image", " a")], "image: Invalid value: \" a\": must not have leading or trailing"),
    ([(f"{C}.imagePullPolicy", "Often")],
     'imagePullPolicy: Unsupported value: "Often": supported values: "Always", "IfNotPresent"'),
    ([(f"{C}.ports", [{"containerPort": 0}])], "ports[0].containerPort: Required value"),
    ([(f"{C}.ports", [{"containerPort": 70000}])], "must be between 1 and 65535, inclusive"),
    ([(f"{C}.ports", [{"containerPort": 1, "name": "-"}])], "must contain at least one letter"),
    ([(f"{C}.ports", [{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}])],
     'ports[1].name: Duplicate value: "a"'),
    ([(f"{C}.ports", [{"containerPort": 1, "protocol": "tcp"}])],
     'supported values: "SCTP", "TCP", "UDP"'),
    ([(f"{C}.ports", [{"containerPort": 1, "hostPort": 9}] * 2)],
     'ports[1].hostPort: Duplicate value: "TCP//9"'),
    ([("spec.hostNetwork", True), (f"{C}.ports", [{"containerPort": 1, "hostPort": 2}])],
     "must match `hostPort` when `hostNetwork` is true"),
    ([_env(name="")], "env[0].name: Required value"),
    ([_env(name="a=b")], "printable ASCII characters other than '='"),
    ([_env(name="A", value="b", valueFrom={"secretKeyRef": {"name": "s", "key": "k"}})],
     "may not be specified when `value` is not empty"),
    ([_env(name="A", valueFrom={})], "must specify one of: `fieldRef`"),
    ([_env(name="A", valueFrom={"fieldRef": {"fieldPath": "spec.magic"}})],
     'fieldPath: Unsupported value: "spec.magic"'),
    ([_env(name="A", valueFrom={"configMapKeyRef": {"name": "s", "key": "/"}})],
     "a valid config key must consist of"),
    ([_env(name="A", valueFrom={"resourceFieldRef": {"resource": "limits.x"}})],
     'resourceFieldRef.resource: Unsupported value: "limits.x"'),
    ([(f"{C}.envFrom", [{}])], "must specify one of: `configMapRef` or `secretRef`"),
    ([(f"{C}.volumeMounts", [{"name": "w", "mountPath": "/x"}])],
     'volumeMounts[0].name: Not found: "w"'),
    ([(f"{C}.volumeMounts", [{"name": "v"}]), _volume()], "mountPath: Required value"),
    ([(f"{C}.volumeMounts", [{"name": "v", "mountPath": "/x", "subPath": "../y"}]), _volume()],
     "subPath: Invalid value: \"../y\": must not contain '..'"),
    ([(f"{C}.livenessProbe", {})], "livenessProbe: Required value: must specify a handler type"),
    ([(f"{C}.livenessProbe", {"exec": {"command": ["x"]}, "httpGet": {"port": 1}})],
     "livenessProbe.httpGet: Forbidden: may not specify more than 1 handler type"),
    ([(f"{C}.livenessProbe", {"exec": {"command": ["x"]}, "successThreshold": 2})],
     "livenessProbe.successThreshold: Invalid value: 2: must be 1"),
    ([(f"{C}.readinessProbe", {"tcpSocket": {"port": 0}})], "must be between 1 and 65535"),
    ([(f"{C}.readinessProbe", {"exec": {}})], "readinessProbe.exec.command: Required value"),
    ([(f"{C}.readinessProbe", {"grpc": {"port": 1}, "periodSeconds": -1})],
     "readinessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0"),
    ([(f"{C}.lifecycle", {"preStop": {"sleep": {"seconds": -1}}})], "must be non-negative"),
    ([(f"{C}.resources", {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}})],
     'resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'),
    ([(f"{C}.resources", {"requests": {"cpu": "-1"}})],
     'resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0'),
    ([(f"{C}.resources", {"limits": {"gold": "1"}})], "must be a standard resource type or fully"),
    ([(f"{C}.resources", {"limits": {"example.com/gpu": "500m"}})], "must be an integer"),
    ([(f"{C}.resources", {"requests": {"example.com/gpu": "1"}})],
     "resources.limits: Required value: Limit must be set for non overcommitable resources"),
    ([("spec.initContainers", [{"name": "c", "image": "i"}])],
     'spec.initContainers[0].name: Duplicate value: "c"'),
    ([("spec.initContainers", [{"name": "i", "image": "i", "lifecycle": {}}])],
     "may not be set for init containers without restartPolicy=Always"),
    ([("spec.ephemeralContainers", [{"name": "e", "image": "i"}])], "cannot be set on create"),
    ([("spec.restartPolicy", "Often")], 'supported values: "Always", "OnFailure", "Never"'),
    ([("spec.dnsPolicy", "None")], "must provide at least one DNS nameserver"),
    ([("spec.nodeName", "A")], 'spec.nodeName: Invalid value: "A"'),
    ([("spec.hostname", LONG)], "spec.hostname: Invalid value"),
    ([("spec.activeDeadlineSeconds", 0)], "must be between 1 and 2147483647, inclusive"),
    ([("spec.nodeSelector", {"-": "x"})], 'spec.nodeSelector: Invalid value: "-"'),
    ([("spec.schedulingGates", [{"name": "a"}]), ("spec.nodeName", "n")],
     "cannot be set until all schedulingGates have been cleared"),
    ([("spec.schedulingGates", [{"name": "a"}] * 2)], "spec.schedulingGates[1]: Duplicate value"),
    ([_volume(emptyDir={}, hostPath={"path": "/"})],
     "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"),
    ([_volume(secret={})], "spec.volumes[0].secret.secretName: Required value"),
    ([_volume(configMap={"name": "c", "items": [{"key": "a", "path": "/b"}]})],
     "must be a relative path"),
    ([_volume(configMap={"name": "c", "defaultMode": 512})], "must be a number between 0 and 0777"),
    ([_volume(hostPath={"path": "/a/../b"})], "must not contain '..'"),
    ([_volume(projected={"sources": [{"serviceAccountToken": {
        "path": "t", "expirationSeconds": 5}}]})], "a duration less than 10 minutes"),
    ([("spec.volumes", [{"name": "v"}] * 2)], 'spec.volumes[1].name: Duplicate value: "v"'),
    ([("spec.tolerations", [{"value": "x"}])], "operator must be Exists when `key` is empty"),
    ([("spec.tolerations", [{"key": "a", "tolerationSeconds": 1}])],
     "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    ([("spec.tolerations", [{"key": "a", "operator": "Exists", "value": "b"}])],
     "value must be empty when `operator` is 'Exists'"),
    ([("spec.tolerations", [{"key": "a", "operator": "Near"}])],
     'operator: Unsupported value: "Near": supported values: "Equal", "Exists"'),
    ([("spec.tolerations", [{"key": "a", "effect": "NoSleep"}])], "effect: Unsupported value"),
    ([(POD_AFFINITY, [{**TERM, "topologyKey": ""}])], "topologyKey: Required value: can not be"),
    ([(POD_AFFINITY, [{**TERM, "labelSelector": {"matchExpressions": [
        {"key": "a", "operator": "In"}]}}])],
     "must be specified when `operator` is 'In' or 'NotIn'"),
    ([(REQUIRED, [])], "nodeSelectorTerms: Required value: must have at least one node selector"),
    ([(REQUIRED, [{"matchExpressions": [{"key": "a", "operator": "Gt"}]}])],
     "must be specified single value when `operator` is 'Lt' or 'Gt'"),
    ([(REQUIRED, [{"matchFields": [{"key": "a", "operator": "In", "values": ["b"]}]}])],
     'matchFields[0].key: Invalid value: "a": not a valid field selector key'),
    ([(PREFERRED, [{"weight": 101, "preference": {}}])], "must be in the range 1-100"),
    ([("spec.topologySpreadConstraints", [{**SPREAD, "maxSkew": 0}])],
     "maxSkew: Invalid value: 0: must be greater than zero"),
    ([("spec.topologySpreadConstraints", [SPREAD, SPREAD])],
     "[1].{topologyKey, whenUnsatisfiable}: Duplicate value: \"{zone, DoNotSchedule}\""),
    ([("spec.topologySpreadConstraints", [{**SPREAD, "whenUnsatisfiable": "ScheduleAnyway",
                                           "minDomains": 2}])],
     "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), PODS, ids=[each[1][:60] for each in PODS])
def test_pods(changes: list[tuple[str, Any]], message: str) -> None:
    """Each rule of pods, broken once."""
    with pytest.raises(Invalid) as caught:
        created("Pod", *changes)
    assert message in str(caught.value)
    assert caught.value.details.kind == "Pod"


OTHERS = [
    ("Pod", [("metadata.name", "")], "metadata.name: Required value: name or generateName is"),
    ("Pod", [("metadata.labels", {"a": "-"})], "a valid label must be an empty string or"),
    ("Pod", [("metadata.annotations", {"a": "x" * 300_000})], "may not be more than 262144 bytes"),
    ("Pod", [("metadata.finalizers", ["mine"])], "nor is it fully qualified"),
    ("Pod", [("metadata.finalizers", ["orphan", "foregroundDeletion"])], "cannot be both set"),
    ("Pod", [("metadata.ownerReferences", [{"kind": "A", "apiVersion": "v1", "name": "a"}])],
     "metadata.ownerReferences[0].uid: Invalid value: \"\": must not be empty"),
    ("Pod", [("metadata.ownerReferences", [
        {"kind": "A", "apiVersion": "v1", "name": name, "uid": name, "controller": True}
        for name in "ab"])], "Only one reference can have Controller set to true"),
    ("Deployment", [("spec.selector", ...)], "spec.selector: Required value"),
    ("Deployment", [("spec.selector", {})], "empty selector is invalid for deployment"),
    ("Deployment", [("spec.selector.matchLabels", {"a": "b"})],
     "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match"),
    ("Deployment", [("spec.replicas", -1)], "spec.replicas: Invalid value: -1: must be greater"),
    ("Deployment", [("spec.template.spec.restartPolicy", "Never")],
     'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'),
    ("Deployment", [("spec.template.spec.activeDeadlineSeconds", 1)],
     "activeDeadlineSeconds in Deployment is not Supported"),
    ("Deployment", [("spec.strategy", {"type": "Recreate", "rollingUpdate": {}})],
     "may not be specified when strategy `type` is 'Recreate'"),
    ("Deployment", [("spec.strategy", {"type": "Slow"})], 'supported values: "Recreate"'),
    ("Deployment", [("spec.strategy.rollingUpdate", {"maxSurge": 0, "maxUnavailable": "0%"})],
     "may not be 0 when `maxSurge` is 0"),
    ("Deployment", [("spec.strategy.rollingUpdate", {"maxUnavailable": "120%"})],
     "must not be greater than 100%"),
    ("Deployment", [("spec.strategy.rollingUpdate", {"maxSurge": "a"})], "a valid percent string"),
    ("Deployment", [("spec.progressDeadlineSeconds", 5), ("spec.minReadySeconds", 5)],
     "must be greater than minReadySeconds"),
    ("ReplicaSet", [("spec.template.spec.containers", [])], "spec.template.spec.containers: Req"),
    ("DaemonSet", [("spec.updateStrategy.rollingUpdate", {"maxUnavailable": 0, "maxSurge": 0})],
     "cannot be 0 when maxSurge is 0"),
    ("DaemonSet", [("spec.updateStrategy.rollingUpdate", {"maxUnavailable": 1, "maxSurge": 1})],
     "may not be set when maxUnavailable is non-zero"),
    ("StatefulSet", [("spec.podManagementPolicy", "Random")], "must be 'OrderedReady' or"),
    ("StatefulSet", [("spec.updateStrategy", {"type": "Random"})], "must be 'RollingUpdate' or"),
    ("StatefulSet", [("spec.updateStrategy.rollingUpdate", {"partition": -1})], "partition: Inv"),
    ("Job", [("spec.template.spec.restartPolicy", "Always")],
     'restartPolicy: Required value: valid values: "OnFailure", "Never"'),
    ("Job", [("spec.completionMode", "Indexed"), ("spec.parallelism", 2)],
     "spec.completions: Required value: when completion mode is Indexed"),
    ("Job", [("spec.backoffLimitPerIndex", 1)], "requires indexed completion mode"),
    ("CronJob", [("spec.schedule", "")], "spec.schedule: Required value"),
    ("CronJob", [("spec.schedule", "* * *")], "expected exactly 5 fields, found 3: [* * *]"),
    ("CronJob", [("spec.schedule", "TZ=UTC * * * * *")], "use timeZone field instead"),
    ("CronJob", [("spec.concurrencyPolicy", "Maybe")], 'supported values: "Allow", "Forbid"'),
    ("CronJob", [("metadata.name", "a" * 53)], "must be no more than 52 characters"),
    ("Service", [("spec.ports", [])], "spec.ports: Required value"),
    ("Service", [("spec.ports", [{"port": 80}, {"port": 81, "name": "b"}])],
     "spec.ports[0].name: Required value"),
    ("Service", [("spec.ports", [{"port": 80, "name": name} for name in "ab"])],
     "spec.ports[1]: Duplicate value"),
    ("Service", [("spec.ports.0.nodePort", 30000)], "may not be used when `type` is 'ClusterIP'"),
    ("Service", [("spec.type", "ExternalName")], "spec.externalName: Required value"),
    ("Service", [("spec.type", "NodePort"), ("spec.clusterIP", "None")],
     "may not be set to 'None' for NodePort services"),
    ("Service", [("spec.clusterIP", "1.2.3")], "must be a valid IP address"),
    ("Service", [("spec.type", "Magic")], "spec.type: Unsupported value"),
    ("Service", [("spec.sessionAffinity", "ClientIP"), ("spec.sessionAffinityConfig", {
        "clientIP": {"timeoutSeconds": 86_401}})], "must be greater than 0 and less than 86400"),
    ("Service", [("metadata.name", "1a")], "a DNS-1035 label must consist of"),
    ("Endpoints", [("subsets", [{}])], "must specify `addresses` or `notReadyAddresses`"),
    ("Endpoints", [("subsets.0.addresses.0.ip", "x")], "subsets[0].addresses[0].ip: Invalid"),
    ("EndpointSlice", [("addressType", "IPX")], 'supported values: "FQDN", "IPv4", "IPv6"'),
    ("EndpointSlice", [("endpoints.0.addresses", [])], "must contain at least 1 address"),
    ("EndpointSlice", [("endpoints", [{"addresses": ["10.0.0.1"]}] * 1001)],
     "endpoints: Too many: 1001: must have at most 1000 items"),
    ("EndpointSlice", [("ports", [{"port": 1}, {"port": 2}])], "ports[1].name: Duplicate value"),
    ("ConfigMap", [("data", {"/": "x"})], "a valid config key must consist of"),
    ("ConfigMap", [("binaryData", {"a": "YQ=="})], "duplicate of key present in binaryData"),
    ("ConfigMap", [("data", {"a": "x" * 1_048_577})], "Too long: may not be more than 1048576"),
    ("Secret", [("type", "kubernetes.io/tls")], "data[tls.crt]: Required value"),
    ("Secret", [("type", "kubernetes.io/service-account-token")],
     "metadata.annotations[kubernetes.io/service-account.name]: Required value"),
    ("Secret", [("type", "kubernetes.io/basic-auth")], "data[username]: Required value"),
    ("Secret", [("type", "kubernetes.io/dockerconfigjson"), ("stringData", {
        ".dockerconfigjson": "{"})], "is not valid JSON"),
    ("Namespace", [("metadata.name", "a.b")], "must not contain dots"),
    ("Namespace", [("metadata.namespace", "ns"), ("metadata.name", "A")], "metadata.name: Inval"),
    ("Node", [("spec.taints", [{"key": "a", "effect": "NoSchedule"}] * 2)],
     "spec.taints[1]: Duplicate value"),
    ("Node", [("spec.taints", [{"key": "a"}])], "spec.taints[0].effect: Required value"),
    ("Node", [("spec.podCIDRs", ["10.0.0.0/40"])], "must be a valid CIDR value"),
    ("Lease", [("spec.leaseDurationSeconds", 0)], "must be greater than 0"),
    ("Event", [("involvedObject.namespace", "other")], "does not match event.namespace"),
    ("PriorityClass", [("value", 2_000_000_000)], "maximum allowed value of a user defined"),
    ("PriorityClass", [("metadata.name", "system-x")], "are reserved for system use only"),
    ("PodDisruptionBudget", [("spec.maxUnavailable", 1)],
     "minAvailable and maxUnavailable cannot be both set"),
    ("PodDisruptionBudget", [("spec.minAvailable", "101%")], "must not be greater than 100%"),
    ("PersistentVolume", [("spec.capacity", {})], "spec.capacity: Required value"),
    ("PersistentVolume", [("spec.hostPath", ...)], "must specify a volume type"),
    ("PersistentVolume", [("spec.accessModes", ["Sometimes"])], "spec.accessModes: Unsupported"),
    ("PersistentVolumeClaim", [("spec.accessModes", [])], "at least 1 access mode is required"),
    ("PersistentVolumeClaim", [("spec.resources", {})], "spec.resources[storage]: Required value"),
    ("StorageClass", [("provisioner", "")], "provisioner: Required value"),
    ("Role", [("rules.0.verbs", [])], "verbs must contain at least one value"),
    ("Role", [("rules.0.apiGroups", [])], "resource rules must supply at least one api group"),
    ("Role", [("rules.0.nonResourceURLs", ["/x"])],
     "namespaced rules cannot apply to non-resource URLs"),
    ("ClusterRole", [("rules.0.resources", ["pods"])],
     "rules cannot apply to both regular resources and non-resource URLs"),
    ("ClusterRole", [("aggregationRule", {})], "at least one clusterRoleSelector required"),
    ("RoleBinding", [("roleRef.kind", "Rolle")], 'supported values: "Role", "ClusterRole"'),
    ("ClusterRoleBinding", [("roleRef.kind", "Role")], 'supported values: "ClusterRole"'),
    ("RoleBinding", [("subjects.0.namespace", "")], "subjects[0].namespace: Required value"),
    ("RoleBinding", [("subjects.0.kind", "Dog")], "subjects[0].kind: Unsupported value"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "changes", "message"), OTHERS, ids=[f"{each[0]}-{each[2][:50]}" for each in OTHERS]
)
def test_kinds(kind: str, changes: list[tuple[str, Any]], message: str) -> None:
    """Each rule of the other kinds, broken once."""
    with pytest.raises(Invalid) as caught:
        created(kind, *changes)
    assert message in str(caught.value)


GOOD = [
    ("Pod", [(f"{C}.resources", {"limits": {"example.com/gpu": "2", "cpu": "1"}})]),
    ("Pod", [("spec.initContainers", [{"name": "s", "image": "i", "restartPolicy": "Always",
                                       "readinessProbe": {"exec": {"command": ["x"]}}}])]),
    ("Pod", [(PREFERRED, [{"weight": 1, "preference": {"matchExpressions": [
        {"key": "a", "operator": "Exists"}]}}])]),
    ("Pod", [("spec.tolerations", [{"operator": "Exists"}])]),
    ("Pod", [("spec.topologySpreadConstraints", [{**SPREAD, "minDomains": 2}])]),
    ("Service", [("spec.clusterIP", "None"), ("spec.ports", [])]),
    ("Service", [("spec.type", "ExternalName"), ("spec.externalName", "a.example.com."),
                 ("spec.ports", [])]),
    ("CronJob", [("spec.schedule", "@hourly")]),
    ("PriorityClass", [("metadata.name", "system-node-critical"), ("value", 2_000_001_000)]),
    ("StatefulSet", [("spec.updateStrategy", {"type": "OnDelete"})]),
    ("DaemonSet", [("spec.updateStrategy.rollingUpdate", {"maxSurge": 1, "maxUnavailable": 0})]),
    ("Role", [("metadata.name", "system:node")]),
    ("Secret", [("type", "kubernetes.io/basic-auth"), ("stringData", {"username": "u"})]),
    ("Event", [("involvedObject.namespace", ""), ("metadata.namespace", "ns"),
               ("involvedObject.namespace", "ns")]),
    ("Deployment", [("spec.template", changed(TEMPLATE, ("metadata.labels.x", "y")))]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes"), GOOD)
def test_what_is_accepted(kind: str, changes: list[tuple[str, Any]]) -> None:
    """What looks much like the above, and is right."""
    assert created(kind, *changes)["metadata"]["uid"] == "u-1"
