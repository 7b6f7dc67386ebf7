"""The verb patch: what to do with the bytes of a patch.

Source: ``staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go`` of Kubernetes.
"""

from typing import Any, Final

import attrs

from kactors.api.errors import BadRequest, RequestEntityTooLarge, UnsupportedMediaType
from kactors.api.objects import Object
from kactors.api.patch import JSON, MERGE, STRATEGIC, apply_patch
from kactors.apiserver.handlers.bodies import BODY_BYTES_MAX, shaped
from kactors.wire import WireError, decode_value

_ACCEPTED: Final = (JSON, MERGE, STRATEGIC)


@attrs.frozen
class Patch:
    """A patch of objects of one kind.

    Attributes:
        content_type: how it is written.
        operations: what it says: a list if it is a JSON patch, else an object.
        kind: of what is patched.
        api_version: of what is patched.
        schema: the structure of what is patched.
        validation: what to do about unknown fields of the result.
        warnings: for the client; grows.
    """

    content_type: str
    operations: Any
    kind: str
    api_version: str
    schema: str
    validation: str
    warnings: list[str]

    def apply(self, old: Object) -> Object:
        """Return what the patch makes of an object, as the caller's own.

        Raises:
            ApiError: it cannot be applied, or what comes of it has not the kind's structure.
        """
        del self.warnings[:]  # of an attempt before, on another version
        made = apply_patch(self.content_type, old, self.operations, self.schema)
        return shaped(
            made,
            self.kind,
            self.api_version,
            self.schema,
            validation=self.validation,
            warnings=self.warnings,
        )


def read_patch(body: bytes, content_type: str) -> Any:
    """Return what a patch says.

    Raises:
        UnsupportedMediaType: there is no such kind of patch.
        RequestEntityTooLarge: it has too many bytes.
        BadRequest: it cannot be read.
    """
    if content_type not in _ACCEPTED:
        raise UnsupportedMediaType(_ACCEPTED)
    if len(body) > BODY_BYTES_MAX:
        raise RequestEntityTooLarge(f"limit is {BODY_BYTES_MAX}")
    try:
        return decode_value(body)
    except WireError as problem:
        raise BadRequest(f"the patch could not be read: {problem}") from problem
