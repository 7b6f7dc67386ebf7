"""What an apiserver answers when it does not do what was asked: exceptions, and their ``Status``.

```
KactorsError
├── ApiError                 carries code, reason and details; `status` and `from_status` convert
│   ├── 400 BadRequest      401 Unauthorized      403 Forbidden       404 NotFound
│   ├── 405 MethodNotAllowed                      406 NotAcceptable   409 AlreadyExists, Conflict
│   ├── 410 Expired         413 RequestEntityTooLarge                 415 UnsupportedMediaType
│   ├── 422 Invalid         429 TooManyRequests
│   └── 500 InternalError, ServerTimeout          503 ServiceUnavailable         504 Timeout
├── MalformedQuantity, MalformedSelector, MalformedTime    text that says nothing
├── MalformedPatch, PatchFailed                            a patch that is none, or does not apply
└── UnknownKind                                            not in the registry
```

Source: kubernetes apimachinery pkg/api/errors/errors.go; the reasons are of meta/v1/types.go.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import attrs

from kactors.api.field_errors import FieldError, aggregate
from kactors.api.objects import Object
from kactors.errors import KactorsError

__all__ = [
    "AlreadyExists", "ApiError", "BadRequest", "Cause", "Conflict", "Expired", "Forbidden",
    "InternalError", "Invalid", "MalformedPatch", "MalformedQuantity", "MalformedSelector",
    "MalformedTime", "MethodNotAllowed", "NotAcceptable", "NotFound", "PatchFailed",
    "RequestEntityTooLarge", "ServerTimeout", "ServiceUnavailable", "StatusDetails", "Timeout",
    "TooManyRequests", "Unauthorized", "UnknownKind", "UnsupportedMediaType", "from_status",
    "qualified", "unprocessable",
]  # fmt: skip


@attrs.frozen
class Cause:
    """One cause of a failure: its reason, a sentence, and which field (empty: none)."""

    reason: str
    message: str
    field: str = ""


@attrs.frozen
class StatusDetails:
    """What a failure was about.

    Attributes:
        kind: the resource (``pods``); of an `Invalid` object, its kind (``Pod``).
        retry_after_s: when to try again, in seconds; 0 says nothing.
    """

    name: str = ""
    group: str = ""
    kind: str = ""
    uid: str = ""
    causes: tuple[Cause, ...] = ()
    retry_after_s: int = 0


def qualified(resource: str, group: str = "") -> str:
    """Return a resource or a kind with its group, as in ``deployments.apps``."""
    return f"{resource}.{group}" if group else resource


class ApiError(KactorsError):
    """An apiserver's refusal or failure; of no class below when its reason is unknown.

    Attributes:
        message: for a person.
        details: for a program.
        code: as in HTTP.
        reason: one word of upstream's, the same for all of a class.
    """

    code: int = 500
    reason: str = ""

    def __init__(
        self, message: str, details: StatusDetails | None = None, *, code: int | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or StatusDetails()
        if code is not None:
            self.code = code

    @property
    def retry_after_s(self) -> int:
        """When to try again, in seconds; 0 says nothing."""
        return self.details.retry_after_s

    def has_cause(self, reason: str) -> bool:
        """Tell whether one of the causes has this reason."""
        return any(cause.reason == reason for cause in self.details.causes)

    def status(self) -> Object:
        """Return the ``Status`` object that says the same."""
        status: Object = {"kind": "Status", "apiVersion": "v1", "metadata": {}}
        status |= {"status": "Failure", "message": self.message}
        if self.reason:
            status["reason"] = self.reason
        if details := _details_object(self.details):
            status["details"] = details
        status["code"] = self.code
        return status


def _details_object(details: StatusDetails) -> Object:
    found: Object = {
        "name": details.name,
        "group": details.group,
        "kind": details.kind,
        "uid": details.uid,
        "causes": [_cause_object(cause) for cause in details.causes],
        "retryAfterSeconds": details.retry_after_s,
    }
    return {key: value for key, value in found.items() if value}


def _cause_object(cause: Cause) -> Object:
    found = {"reason": cause.reason, "message": cause.message, "field": cause.field}
    return {key: value for key, value in found.items() if value}


class _OfResource(ApiError):
    """An error about one resource, by name."""

    def __init__(self, resource: str, name: str, message: str, group: str) -> None:
        super().__init__(message, StatusDetails(name=name, group=group, kind=resource))


class NotFound(_OfResource):
    """404: there is no such object, or no such resource."""

    code, reason = 404, "NotFound"

    def __init__(self, resource: str, name: str, *, group: str = "") -> None:
        message = f'{qualified(resource, group)} "{name}" not found'
        super().__init__(resource, name, message, group)


class AlreadyExists(_OfResource):
    """409: an object of this name is there already."""

    code, reason = 409, "AlreadyExists"

    def __init__(self, resource: str, name: str, *, group: str = "") -> None:
        message = f'{qualified(resource, group)} "{name}" already exists'
        super().__init__(resource, name, message, group)


MODIFIED = (
    "the object has been modified; please apply your changes to the latest version and try again"
)
"""What a `Conflict` over ``resourceVersion`` says."""


class Conflict(_OfResource):
    """409: the object is not as the writer believed it to be."""

    code, reason = 409, "Conflict"

    def __init__(self, resource: str, name: str, why: str = MODIFIED, *, group: str = "") -> None:
        message = (
            f"Operation cannot be fulfilled on {qualified(resource, group)} "
            f'"{name}": {why}'
        )  # fmt: skip
        super().__init__(resource, name, message, group)


class Forbidden(_OfResource):
    """403: understood, and refused to this user, or in this state of the cluster."""

    code, reason = 403, "Forbidden"

    def __init__(self, resource: str, name: str, why: str, *, group: str = "") -> None:
        subject = f"{qualified(resource, group)} " if resource else ""
        quoted = f'"{name}" ' if resource and name else ""
        is_ = "is " if resource else ""
        super().__init__(resource, name, f"{subject}{quoted}{is_}forbidden: {why}", group)


class Invalid(ApiError):
    """422: the object breaks the rules of its kind; each fault is a cause.

    Attributes:
        errors: the faults; of an error that came as a ``Status``: none, see ``details.causes``.
    """

    code, reason = 422, "Invalid"
    errors: tuple[FieldError, ...] = ()

    def __init__(
        self, kind: str, name: str, errors: Iterable[FieldError], *, group: str = ""
    ) -> None:
        self.errors = tuple(errors)
        subject = f'{qualified(kind, group)} "{name}" is invalid'
        causes = tuple(Cause(each.type.value, each.body(), each.field) for each in self.errors)
        super().__init__(
            f"{subject}: {aggregate(self.errors)}" if self.errors else subject,
            StatusDetails(name=name, group=group, kind=kind, causes=causes),
        )


def unprocessable(why: str) -> ApiError:
    """Return the 422 of a request that was understood and cannot be carried out.

    Upstream answers so to patches that do not apply.
    """
    error = Invalid.__new__(Invalid)
    message = "the server rejected our request due to an error in our request"
    causes = (Cause("UnexpectedServerResponse", why),)
    ApiError.__init__(error, message, StatusDetails(causes=causes))
    return error


class BadRequest(ApiError):
    """400: not understood."""

    code, reason = 400, "BadRequest"


class Unauthorized(ApiError):
    """401: nobody knows who asks."""

    code, reason = 401, "Unauthorized"

    def __init__(self, message: str = "Unauthorized") -> None:
        super().__init__(message)


class MethodNotAllowed(_OfResource):
    """405: the resource does not have this verb."""

    code, reason = 405, "MethodNotAllowed"

    def __init__(self, resource: str, verb: str, *, group: str = "") -> None:
        message = f'{verb} is not supported on resources of kind "{qualified(resource, group)}"'
        super().__init__(resource, "", message, group)


class NotAcceptable(ApiError):
    """406: the answer cannot be given in any form that the client takes."""

    code, reason = 406, "NotAcceptable"


class Expired(ApiError):
    """410: what was asked for is too old to be told; list again."""

    code, reason = 410, "Expired"


class RequestEntityTooLarge(ApiError):
    """413: too many bytes."""

    code, reason = 413, "RequestEntityTooLarge"

    def __init__(self, message: str) -> None:
        super().__init__(f"Request entity too large: {message}")


class UnsupportedMediaType(ApiError):
    """415: the body, or the patch, is of a type that this resource does not take."""

    code, reason = 415, "UnsupportedMediaType"

    def __init__(self, accepted: Sequence[str]) -> None:
        types = ", ".join(accepted)
        super().__init__(
            "the body of the request was in an unknown format - "
            f"accepted media types include: {types}"
        )


class _Later(ApiError):
    """An error that says when to try again."""

    prefix: ClassVar[str] = ""

    def __init__(self, message: str, *, retry_after_s: int = 0) -> None:
        super().__init__(self.prefix + message, StatusDetails(retry_after_s=retry_after_s))


class TooManyRequests(_Later):
    """429: not now; also what a disruption budget answers to an eviction."""

    code, reason = 429, "TooManyRequests"


class InternalError(_Later):
    """500: the apiserver's fault."""

    code, reason, prefix = 500, "InternalError", "Internal error occurred: "


class ServerTimeout(ApiError):
    """500: an operation did not end in time; it may be tried again."""

    code, reason = 500, "ServerTimeout"

    def __init__(
        self, resource: str, operation: str, *, group: str = "", retry_after_s: int = 0
    ) -> None:
        super().__init__(
            f"The {operation} operation against {qualified(resource, group)} could not be "
            "completed at this time, please try again.",
            StatusDetails(
                name=operation, group=group, kind=resource, retry_after_s=retry_after_s
            ),
        )  # fmt: skip


class ServiceUnavailable(_Later):
    """503: this apiserver cannot serve; another might."""

    code, reason = 503, "ServiceUnavailable"


TOO_LARGE_RESOURCE_VERSION = "ResourceVersionTooLarge"
"""The cause of a `Timeout` that met a revision from the future."""


class Timeout(ApiError):
    """504: not done in time, and yet it may still happen."""

    code, reason = 504, "Timeout"

    def __init__(
        self, message: str, *, retry_after_s: int = 0, causes: tuple[Cause, ...] = ()
    ) -> None:
        details = StatusDetails(retry_after_s=retry_after_s, causes=causes)
        super().__init__(f"Timeout: {message}", details)


_CLASSES: tuple[type[ApiError], ...] = (
    AlreadyExists, BadRequest, Conflict, Expired, Forbidden, InternalError, Invalid,
    MethodNotAllowed, NotAcceptable, NotFound, RequestEntityTooLarge, ServerTimeout,
    ServiceUnavailable, Timeout, TooManyRequests, Unauthorized, UnsupportedMediaType,
)  # fmt: skip
_BY_REASON: dict[str, type[ApiError]] = {each.reason: each for each in _CLASSES}
_BY_REASON["Gone"] = Expired
_BY_CODE: dict[int, type[ApiError]] = {
    each.code: each for each in _CLASSES if each.code not in {409, 500}
}


def from_status(status: Object) -> ApiError:
    """Return the exception that a ``Status`` stands for, of the class that its reason names."""
    details: Object = status.get("details") or {}
    causes = tuple(
        Cause(each.get("reason", ""), each.get("message", ""), each.get("field", ""))
        for each in details.get("causes") or ()
    )
    # Who answers without a reason, such as a proxy, still answers with a code.
    cls = _BY_REASON.get(status.get("reason", "")) or _BY_CODE.get(status.get("code", 0), ApiError)
    # The constructors below `ApiError` make a message; here there is one already.
    error = cls.__new__(cls)
    ApiError.__init__(
        error,
        status.get("message", ""),
        StatusDetails(
            name=details.get("name", ""),
            group=details.get("group", ""),
            kind=details.get("kind", ""),
            uid=details.get("uid", ""),
            causes=causes,
            retry_after_s=details.get("retryAfterSeconds", 0),
        ),
        code=status.get("code") or cls.code,
    )
    return error


class MalformedQuantity(KactorsError, ValueError):
    """Text that is no quantity, such as ``1.5GiB``."""

    def __init__(self, text: Any) -> None:
        super().__init__(
            f"{text!r} was given as a quantity; quantities must match the regular expression "
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        )


class MalformedSelector(KactorsError, ValueError):
    """A label or field selector that cannot be understood; the text is upstream's.

    Attributes:
        errors: the faulty fields of a selector that was an object.
    """

    def __init__(self, message: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class MalformedTime(KactorsError, ValueError):
    """Text that is no time in the sense of RFC 3339."""

    def __init__(self, text: Any) -> None:
        super().__init__(
            f"{text!r} was given as a time; write it as in '2006-01-02T15:04:05Z' (RFC 3339)"
        )


class MalformedPatch(KactorsError, ValueError):
    """What was sent as a patch is none."""


class PatchFailed(KactorsError):
    """A patch does not apply: a test in it failed, or a path in it is not there."""


class UnknownKind(KactorsError, LookupError):
    """The registry has no such resource, or no such kind."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"{asked} was asked for; there is no such entry in the registry")
        self.asked = asked
