"""Deletes objects, and waits until they are gone."""

from typing import Final

from kactors.api.errors import NotFound
from kactors.api.meta import uid_of
from kactors.client.errors import OutcomeUnknown
from kactors.client.resource_client import ResourceClient
from kactors.runtime import sleep

__all__ = ["delete_object", "until_gone"]

_TRIES_MAX: Final = 5
_LOOK_SECONDS: Final = 0.2


async def delete_object(objects: ResourceClient, name: str, namespace: str) -> str:
    """Ask for an object's deletion; return the uid of what goes.

    Raises:
        NotFound: there is no such object.
        ApiError: it was refused.
        ClientError: nobody has served it, or the outcome is unknown after several tries.
    """
    uid = uid_of(await objects.get(name, namespace))
    # Background, as kubectl: what it owns goes later. No other of its name goes in its place.
    options = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
    for number in range(1, _TRIES_MAX + 1):
        try:
            await objects.delete(name, namespace, options=options)
            break
        except NotFound:
            if number == 1:
                raise
            break  # an earlier try has done it
        except OutcomeUnknown:
            if number == _TRIES_MAX:
                raise
    return uid


async def until_gone(objects: ResourceClient, name: str, namespace: str, uid: str) -> None:
    """Wait until there is no object of this uid any more.

    Raises:
        ApiError, ClientError: nobody says.
    """
    while True:
        try:
            found = await objects.get(name, namespace)
        except NotFound:
            return
        if uid_of(found) != uid:
            return
        await sleep(_LOOK_SECONDS)
