"""Mounts what pods name, and keeps it up to date.

Objects are read from an apiserver's cache and kept for a minute, for all pods of the node together.
A new content takes the place of the old one as a whole: a container sees the old or the new, never
a mixture.

Source: kubernetes pkg/kubelet/util/manager/cache_based_manager.go,
pkg/kubelet/token/token_manager.go.
"""

from typing import Final

import attrs

from kactors.api.errors import ApiError, NotFound
from kactors.api.meta import name_of, namespace_of, parse_time, uid_of
from kactors.api.objects import Object
from kactors.client.errors import ClientError
from kactors.client.rest import Client
from kactors.node.errors import VolumeNotReady
from kactors.node.pods.environment import environment_references
from kactors.node.pods.volumes import (
    Reference,
    TokenWanted,
    references_of,
    tokens_of,
    volume_files,
)
from kactors.node.runtime.face import VolumeDir
from kactors.runtime import Clock, current_time
from kactors.runtime.clock import NANOSECONDS

__all__ = ["VolumeManager"]

_CACHE_MAX: Final = 4096


@attrs.frozen
class _Cached:
    obj: Object | None
    read_at: float


@attrs.frozen
class _Token:
    text: str
    made_ns: int
    until_ns: int

    def fresh(self, now_ns: int) -> bool:
        """Tell whether it is good for another while: not yet in the last fifth of its life."""
        return now_ns < self.until_ns - (self.until_ns - self.made_ns) // 5


class VolumeManager:
    """The mounted directories of a node.

    Args:
        client: to the apiservers.
        volumes: where the machine keeps them, by pod uid and volume name.
        clock: of the host.
        keep_seconds: for how long an object that was read is believed.
    """

    def __init__(
        self,
        client: Client,
        volumes: dict[str, dict[str, VolumeDir]],
        clock: Clock,
        keep_seconds: float,
    ) -> None:
        self._client = client
        self._volumes = volumes
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._cache: dict[tuple[str, Reference], _Cached] = {}
        self._tokens: dict[tuple[str, TokenWanted], _Token] = {}

    async def mount(self, pod: Object) -> dict[str, VolumeDir]:
        """Mount what a pod names, or bring it up to date; return its directories by volume.

        Raises:
            VolumeNotReady: something is not there, or no apiserver can say.
        """
        namespace, uid = namespace_of(pod), uid_of(pod)
        for reference in references_of(pod):
            await self.read(namespace, reference)
        for wanted in tokens_of(pod):
            await self._token(pod, wanted)
        # From here on nothing waits: all volumes change at one instant.
        contents = {
            volume["name"]: volume_files(
                pod,
                volume,
                lambda reference: self.known(namespace, reference),
                lambda wanted: self._tokens[uid, wanted].text,
            )
            for volume in pod["spec"].get("volumes") or ()
        }
        mounted = self._volumes.setdefault(uid, {})
        for name, files in contents.items():
            if name not in mounted:
                mounted[name] = VolumeDir(files)
            elif files:
                mounted[name].files = files
        return mounted

    def unmount(self, uid: str) -> None:
        """Forget the directories of a pod."""
        self._volumes.pop(uid, None)
        for key in [key for key in self._tokens if key[0] == uid]:
            del self._tokens[key]

    async def read_environment(self, pod: Object, container: Object) -> None:
        """Read what a container's environment names, for `known`. Raises: `VolumeNotReady`."""
        for reference in environment_references(container):
            await self.read(namespace_of(pod), reference)

    def known(self, namespace: str, reference: Reference) -> Object | None:
        """Return an object as it was read last; ``None`` if it was not there."""
        return self._cache[namespace, reference].obj

    async def read(self, namespace: str, reference: Reference) -> None:
        """Have an object in the cache, not older than a minute; what is missing is asked again.

        Raises:
            VolumeNotReady: no apiserver has answered, and nothing was known before.
        """
        cached = self._cache.get((namespace, reference))
        now = current_time()
        if cached and cached.obj is not None and now - cached.read_at < self._keep_seconds:
            return
        try:
            obj = await self._get(namespace, reference)
        except (ApiError, ClientError) as error:
            if cached is not None:
                return  # what was known goes on to be believed
            raise VolumeNotReady(f"{reference.name} could not be read: {error}") from error
        if len(self._cache) >= _CACHE_MAX:
            self._cache.pop(next(iter(self._cache)))
        self._cache[namespace, reference] = _Cached(obj, now)

    async def _get(self, namespace: str, reference: Reference) -> Object | None:
        resource = self._client.resource(reference.resource)
        try:
            return await resource.get(reference.name, namespace, revision=0)
        except NotFound:
            return None

    async def _token(self, pod: Object, wanted: TokenWanted) -> None:
        key = (uid_of(pod), wanted)
        held = self._tokens.get(key)
        now_ns = self._clock.wall_ns()
        if held is not None and held.fresh(now_ns):
            return
        spec: Object = {
            "expirationSeconds": wanted.seconds,
            "audiences": [wanted.audience] if wanted.audience else [],
            "boundObjectRef": {
                "apiVersion": "v1", "kind": "Pod", "name": name_of(pod), "uid": uid_of(pod),
            },
        }  # fmt: skip
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": {"namespace": namespace_of(pod)},
            "spec": spec,
        }
        account = pod["spec"].get("serviceAccountName") or "default"
        accounts = self._client.resource("serviceaccounts")
        try:
            answer = await accounts.create(request, name=account, subresource="token")
        except (ApiError, ClientError) as error:
            if held is not None and now_ns < held.until_ns:
                return
            raise VolumeNotReady(f"no token for {account}: {error}") from error
        until = answer["status"].get("expirationTimestamp")
        until_ns = parse_time(until) if until else now_ns + wanted.seconds * NANOSECONDS
        self._tokens[key] = _Token(answer["status"]["token"], now_ns, until_ns)
