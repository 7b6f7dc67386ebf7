"""Priority: from the name of a pod's priority class to the number that the scheduler compares.

Source: ``plugin/pkg/admission/priority`` of Kubernetes.
"""

from collections.abc import Iterator
from typing import Final

from kactors.api.meta import name_of
from kactors.api.objects import Object
from kactors.apiserver.admission.plugin import AdmissionRequest, Operation, Plugin
from kactors.apiserver.cache.watchers import EVERYTHING

_GROUP: Final = "scheduling.k8s.io"
_RESOURCE: Final = "priorityclasses"
#: Without a class, and without a default one.
DEFAULT_PRIORITY: Final = 0
DEFAULT_PREEMPTION: Final = "PreemptLowerPriority"


class Priority(Plugin):
    """See the module's text."""

    operations = (Operation.CREATE, Operation.UPDATE)

    async def admit(self, request: AdmissionRequest) -> None:
        """Set the priority of a new pod.

        Raises:
            Forbidden: there is no such class, or the pod claims another priority than its class.
        """
        if not request.is_on("", "pods"):
            return
        pod = request.new
        spec = pod.setdefault("spec", {})
        if request.operation is Operation.UPDATE:
            old = request.existing.get("spec") or {}
            if "priority" not in spec and "priority" in old:
                spec["priority"] = old["priority"]
            return
        name, value, policy = await self._class_of(request, spec)
        if name:
            spec["priorityClassName"] = name
        if spec.get("priority") not in {None, value}:
            raise request.refusal(
                f"the integer value of priority ({spec['priority']}) must not be provided in pod "
                f"spec; priority admission controller computed {value} from the given "
                "PriorityClass name"
            )
        spec["priority"] = value
        if spec.get("preemptionPolicy") not in {None, policy}:
            raise request.refusal(
                f"the string value of PreemptionPolicy ({spec['preemptionPolicy']}) must not be "
                f"provided in pod spec; priority admission controller computed {policy} from the "
                "given PriorityClass name"
            )
        spec["preemptionPolicy"] = policy

    async def _class_of(self, request: AdmissionRequest, spec: Object) -> tuple[str, int, str]:
        """Return the class's name (empty if there is none), its value and its policy."""
        name = spec.get("priorityClassName") or ""
        if not name:
            found = min(
                self._defaults(), key=lambda each: (each["value"], name_of(each)), default=None
            )
            if found is None:
                return "", DEFAULT_PRIORITY, DEFAULT_PREEMPTION
        else:
            resource = self.backend.registry.get(_GROUP, "v1", _RESOURCE)
            found = await self.backend.find(resource, "", name)
            if found is None:
                raise request.refusal(f"no PriorityClass with name {name} was found")
        return name_of(found), found["value"], found.get("preemptionPolicy") or DEFAULT_PREEMPTION

    def _defaults(self) -> Iterator[Object]:
        for entry in self.backend.caches.of(_GROUP, _RESOURCE).select(EVERYTHING):
            if entry.object.get("globalDefault"):
                yield entry.object

    async def validate(self, request: AdmissionRequest) -> None:
        """Let there be one default class.

        Raises:
            Forbidden: there is another.
        """
        if not request.is_on(_GROUP, _RESOURCE) or not request.new.get("globalDefault"):
            return
        for other in self._defaults():
            if name_of(other) != name_of(request.new):
                raise request.refusal(
                    f"PriorityClass {name_of(other)} is already marked as default. Only one "
                    "default can exist"
                )
