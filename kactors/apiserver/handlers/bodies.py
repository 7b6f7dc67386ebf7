"""From the body of a request to an object of the structure that is expected.

Source: ``staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go`` of Kubernetes.
"""

from typing import Final

from kactors.api.codec import decode_request
from kactors.api.errors import BadRequest, RequestEntityTooLarge
from kactors.api.objects import Object
from kactors.api.registry import Resource
from kactors.api.schema import conform

#: Upstream's ``MaxRequestBodyBytes``.
BODY_BYTES_MAX: Final = 3 << 20


def read_body(body: bytes) -> Object:
    """Return the object of a body; empty if there is no body.

    Raises:
        RequestEntityTooLarge: the body has too many bytes.
        BadRequest: it is no object.
    """
    if len(body) > BODY_BYTES_MAX:
        raise RequestEntityTooLarge(f"limit is {BODY_BYTES_MAX}")
    return decode_request(body) if body else {}


def object_in(body: bytes, resource: Resource, *, validation: str, warnings: list[str]) -> Object:
    """Return the object of a kind that a client sent, in the kind's structure.

    Args:
        body: of the request.
        resource: of the kind.
        validation: what to do about unknown fields: Ignore, Warn or Strict.
        warnings: for the client; grows.

    Raises:
        BadRequest: it is another kind, or a field has a wrong type.
    """
    return shaped(
        read_body(body),
        resource.kind,
        resource.api_version,
        resource.schema,
        validation=validation,
        warnings=warnings,
    )


def shaped(
    obj: Object,
    kind: str,
    api_version: str,
    schema: str,
    *,
    validation: str,
    warnings: list[str],
) -> Object:
    """Return an object in the structure of its kind; see `object_in`."""
    for field, expected in (("apiVersion", api_version), ("kind", kind)):
        found = obj.get(field) or expected
        if found != expected:
            what = "API version" if field == "apiVersion" else "kind"
            raise BadRequest(
                f"the {what} in the data ({found}) does not match the expected {what} ({expected})"
            )
    conformed = conform(schema, {**obj, "kind": kind, "apiVersion": api_version})
    if conformed.unknown and validation != "Ignore":
        unknown = [f'unknown field "{path}"' for path in conformed.unknown]
        if validation == "Strict":
            raise BadRequest(f"strict decoding error: {', '.join(unknown)}")
        warnings += unknown
    made = conformed.obj
    made.setdefault("metadata", {})
    return made
