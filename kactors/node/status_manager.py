"""Tells the apiservers what is said of pods: later, if they are away; never an older word.

What the kubelet says of a pod is kept here until an apiserver has it. A later word takes the place
of an earlier one that was not sent yet, so after an outage each pod costs one request.

Source: kubernetes pkg/kubelet/status/status_manager.go.
"""

from collections.abc import Callable
from typing import Final, NoReturn

import attrs

from kactors.api.errors import ApiError, Conflict, NotFound
from kactors.api.meta import get_condition, is_being_deleted, name_of, namespace_of, uid_of
from kactors.api.objects import Object
from kactors.client.errors import ClientError
from kactors.client.rest import Client
from kactors.node.pods.status import OWN_CONDITIONS, is_terminal
from kactors.runtime import Event, current_time, move_on_after

__all__ = ["StatusManager", "covers", "said_of"]

RETRY_SECONDS: Final = 10.0
_GIVEN_UP: Final = (NotFound, Conflict)
#: Merged by their items, in a patch: what is not there any more would stay.
_MERGED: Final = ("podIPs", "hostIPs")
_EXPLANATIONS: Final = ("reason", "message")


@attrs.define
class _Entry:
    pod: Object
    status: Object
    version: int = 1
    sent: int = 0
    over: bool = False  # nothing of it runs any more, nothing is mounted
    retry_at: float = 0.0


def covers(known: Object, status: Object) -> bool:
    """Tell whether a pod's status, as the apiserver has it, says all that ``status`` says."""
    for name, value in status.items():
        if name == "conditions":
            for condition in value:
                old = get_condition({"status": known}, condition["type"])
                if old is None or any(
                    (old.get(key) or None) != (condition.get(key) or None)
                    for key in (*condition, *_EXPLANATIONS)
                ):
                    return False
        elif known.get(name) != value:
            return False
    return True


def said_of(known: Object, status: Object) -> Object:
    """Return what to patch a pod's ``known`` status with, so that it says ``status``, no more.

    Only conditions that are the kubelet's to say. Addresses of an earlier life of the node, and
    explanations of what is not so any more, are taken back. Source: upstream makes its patch from
    both statuses (``pkg/util/pod.PatchPodStatus``).
    """
    said = dict(status)
    for name in _MERGED:
        if said.get(name):
            said[name] = [{"$patch": "replace"}, *said[name]]
    said["conditions"] = []
    for condition in status["conditions"]:
        if condition["type"] in OWN_CONDITIONS:
            old = get_condition({"status": known}, condition["type"]) or {}
            gone = {key: None for key in _EXPLANATIONS if key in old}
            said["conditions"].append({**gone, **condition})
    return said


class StatusManager:
    """What is said of each pod of a node, by uid.

    Args:
        client: to the apiservers.
        current: returns the pod of a uid as the apiserver was last seen to have it.
    """

    def __init__(self, client: Client, current: Callable[[str], Object | None]) -> None:
        self._pods = client.resource("pods")
        self._current = current
        self._entries: dict[str, _Entry] = {}
        self._dirty: dict[str, None] = {}
        self._more = Event()

    def get(self, pod: Object) -> Object:
        """Return what was said last of a pod: here, or to an apiserver before."""
        entry = self._entries.get(uid_of(pod))
        return entry.status if entry is not None else pod.get("status") or {}

    def set(self, pod: Object, status: Object, *, over: bool = False) -> None:
        """Say something of a pod.

        Args:
            pod: whose.
            status: what; of a pod that has ended, the same phase as before.
            over: nothing of it is left on this node, so it may be deleted.
        """
        uid = uid_of(pod)
        entry = self._entries.get(uid)
        if entry is None:
            entry = self._entries[uid] = _Entry(pod, status, over=over)
        else:
            phase = entry.status.get("phase")
            assert not is_terminal(entry.status) or status["phase"] == phase, (
                f"{name_of(pod)} was {phase} and cannot be {status['phase']} any more"
            )
            over = over or entry.over
            entry.pod = pod
            if status == entry.status and over == entry.over:
                return
            entry.status, entry.over = status, over
            entry.version += 1
            entry.retry_at = 0.0
        self._mark(uid)

    def refresh(self, pod: Object) -> None:
        """Note that the apiserver's pod has changed: its deletion may be due now.

        If others say something else of it there, such as that it is not ready because its node was
        silent, what was said here is said again: after a while, because it may only not have come
        back yet. Source: ``needsReconcile``, which upstream asks every ten seconds.
        """
        entry = self._entries.get(uid_of(pod))
        if entry is None:
            return
        entry.pod = pod
        if entry.over and is_being_deleted(pod):
            self._mark(uid_of(pod))
        elif entry.sent == entry.version and not covers(pod.get("status") or {}, entry.status):
            entry.version += 1
            entry.retry_at = current_time() + RETRY_SECONDS
            self._mark(uid_of(pod))

    def forget(self, uid: str) -> None:
        """Forget a pod that the apiservers do not have any more."""
        self._entries.pop(uid, None)
        self._dirty.pop(uid, None)

    @property
    def unsent(self) -> int:
        """How many pods have a status that no apiserver is known to have."""
        return len(self._dirty)

    def _mark(self, uid: str) -> None:
        self._dirty[uid] = None
        self._more.set()

    async def run(self) -> NoReturn:
        """Send what is said until cancelled."""
        while True:
            now = current_time()
            due = [uid for uid in self._dirty if self._entries[uid].retry_at <= now]
            for uid in due:
                await self._sync(uid)
            if due:
                continue
            with move_on_after(self._pause(now)):
                await self._more.wait()
            self._more = Event()

    def _pause(self, now: float) -> float:
        times = [self._entries[uid].retry_at for uid in self._dirty]
        return max(1e-6, min(times, default=now + RETRY_SECONDS) - now)

    async def _sync(self, uid: str) -> None:
        entry = self._entries.get(uid)
        if entry is None:
            return
        version, over = entry.version, entry.over
        try:
            if entry.sent < version:
                await self._send(uid, entry)
                entry.sent = version
            if over and is_being_deleted(self._current(uid) or entry.pod):
                await self._delete(entry.pod)
        except _GIVEN_UP:
            entry.sent = version  # it is gone, or another pod has its name
        except (ApiError, ClientError):
            entry.retry_at = current_time() + RETRY_SECONDS
            return
        if entry.version == version:
            self._dirty.pop(uid, None)

    async def _send(self, uid: str, entry: _Entry) -> None:
        known = self._current(uid)
        if known is not None and covers(known.get("status") or {}, entry.status):
            return
        pod = entry.pod
        said = said_of((known or pod).get("status") or {}, entry.status)
        patch = {"metadata": {"uid": uid}, "status": said}
        await self._pods.patch(name_of(pod), patch, namespace_of(pod), subresource="status")

    async def _delete(self, pod: Object) -> None:
        """Let the apiserver forget a pod of which nothing is left here."""
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid_of(pod)}}
        await self._pods.delete(name_of(pod), namespace_of(pod), options=options)
