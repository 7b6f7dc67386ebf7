"""Continue tokens: where a list that came in pages goes on.

Source: ``staging/src/k8s.io/apiserver/pkg/storage/continue.go`` of Kubernetes.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import attrs

from kactors.apiserver.errors import BadContinueToken

_VERSION: Final = "meta.k8s.io/v1"
#: Stands for "whatever is there now" in a token that gives up consistency.
INCONSISTENT: Final = -1


@attrs.frozen
class Continuation:
    """Where the next page begins.

    Attributes:
        revision: at which all pages are read; `INCONSISTENT` for the state of the moment.
        start: the first key of the next page, without the prefix of what is listed.
    """

    revision: int
    start: bytes

    def token(self) -> str:
        """Return the text that a client sends back."""
        fields = {"v": _VERSION, "rv": self.revision, "start": self.start.decode()}
        return urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, token: str) -> "Continuation":
        r"""Return what a token says.

        Raises:
            BadContinueToken: no apiserver has made it.

        Example:
            >>> Continuation.parse(Continuation(7, b"default/web\0").token())
            Continuation(revision=7, start=b'default/web\\x00')
        """
        try:
            fields = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        except (binascii.Error, ValueError, RecursionError) as problem:
            raise BadContinueToken(f"continue key is not valid: {problem}") from problem
        match fields:
            case {"v": "meta.k8s.io/v1", "rv": int(revision), "start": str(start)}:
                pass
            case _:
                raise BadContinueToken("continue key is not valid: incorrect fields")
        if revision == 0 or not start or "../" in f"/{start}" or start.startswith("/"):
            raise BadContinueToken(f"continue key is not valid: rv {revision}, start {start!r}")
        try:
            return cls(revision, start.encode())
        except UnicodeEncodeError as problem:
            raise BadContinueToken(f"continue key is not valid: {problem}") from problem
