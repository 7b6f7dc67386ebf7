"""Writes ``kactors/api/schema/structure.json`` from upstream's OpenAPI definitions.

Usage: ``python -m tools.extract_schema _definitions.json``, with the file of the newest
``v*-local`` folder of the PyPI package kubernetes-validate (Apache-2.0).

Only what our kinds reach is kept, without descriptions. Each definition becomes
``{"r": [required fields], "p": {field: type}}``. A type is a text: ``s`` string, ``i`` int32,
``l`` int64, ``b`` boolean, ``y`` bytes in base64, ``q`` quantity, ``t`` time, ``u``
time with microseconds, ``x`` int or string, ``*`` anything, ``@name`` a definition, ``[T`` a list
of T, ``{T`` a map to T. A list that is more than its type says is ``[type, keys, patch merge key,
patch strategy]``, where keys are those of its items, or ``["="]`` of a set.
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOTS = (
    "core.v1.ConfigMap", "core.v1.Endpoints", "core.v1.Event", "core.v1.Namespace",
    "core.v1.Node", "core.v1.PersistentVolume", "core.v1.PersistentVolumeClaim", "core.v1.Pod",
    "core.v1.Secret", "core.v1.ServiceAccount", "core.v1.Service", "core.v1.Binding",
    "apps.v1.ControllerRevision", "apps.v1.DaemonSet", "apps.v1.Deployment",
    "apps.v1.ReplicaSet", "apps.v1.StatefulSet",
    "batch.v1.CronJob", "batch.v1.Job", "coordination.v1.Lease", "discovery.v1.EndpointSlice",
    "policy.v1.PodDisruptionBudget", "policy.v1.Eviction", "rbac.v1.ClusterRole",
    "rbac.v1.ClusterRoleBinding", "rbac.v1.Role", "rbac.v1.RoleBinding",
    "scheduling.v1.PriorityClass", "storage.v1.StorageClass", "autoscaling.v1.Scale",
    "authentication.v1.TokenRequest", "meta.v1.DeleteOptions",
)  # fmt: skip
OUTPUT = Path(__file__).parent.parent / "kactors" / "api" / "schema" / "structure.json"
PREFIXES = ("io.k8s.api.", "io.k8s.apimachinery.pkg.apis.")
SCALARS = {
    "api.resource.Quantity": "q", "meta.v1.Time": "t", "meta.v1.MicroTime": "u",
    "util.intstr.IntOrString": "x", "meta.v1.FieldsV1": "*", "runtime.RawExtension": "*",
}  # fmt: skip
TYPES = {"string": "s", "boolean": "b", "object": "*"}


def short(name: str) -> str:
    """Return a definition's name without what all have in common."""
    for prefix in PREFIXES:
        name = name.removeprefix(prefix)
    return name


def type_of(definition: dict[str, Any]) -> str:
    """Return the text of a type; those it refers to are named in it."""
    if "$ref" in definition:
        name = short(definition["$ref"].rpartition("/")[2])
        scalar = next((text for end, text in SCALARS.items() if name.endswith(end)), None)
        return scalar or f"@{name}"
    kinds = definition.get("type", "object")
    kind = next(each for each in ([kinds] if isinstance(kinds, str) else kinds) if each != "null")
    if kind == "array":
        return "[" + type_of(definition["items"])
    if "additionalProperties" in definition:
        return "{" + type_of(definition["additionalProperties"])
    if kind == "integer":
        return "l" if definition.get("format") == "int64" else "i"
    return "y" if definition.get("format") == "byte" else TYPES[kind]


def field_of(definition: dict[str, Any]) -> Any:
    """Return a field's type, with what lists and patches need to know."""
    text = type_of(definition)
    keys = definition.get("x-kubernetes-list-map-keys")
    if definition.get("x-kubernetes-list-type") == "set":
        keys = ["="]
    merge_key = definition.get("x-kubernetes-patch-merge-key")
    strategy = definition.get("x-kubernetes-patch-strategy")
    if not keys and not merge_key and not strategy:
        return text
    return [text, keys or [], merge_key or "", strategy or ""]


def extract(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the definitions that the roots reach."""
    by_name = {short(name): definition for name, definition in definitions.items()}
    found: dict[str, Any] = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        definition = by_name[name]
        fields = {key: field_of(each) for key, each in definition.get("properties", {}).items()}
        found[name] = {"r": sorted(definition.get("required", [])), "p": fields}
        for each in fields.values():
            text = (each if isinstance(each, str) else each[0]).lstrip("[{")
            if text.startswith("@"):
                waiting.append(text[1:])
    return dict(sorted(found.items()))


def main() -> None:
    """Read the definitions that the command line names, and write the extract."""
    definitions = json.loads(Path(sys.argv[1]).read_text())["$defs"]
    lines = (f"{json.dumps(name)}: {json.dumps(each, separators=(',', ':'), sort_keys=True)}"
             for name, each in extract(definitions).items())  # fmt: skip
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
