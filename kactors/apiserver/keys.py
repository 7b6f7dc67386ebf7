"""Where objects are stored: their keys in etcd.

The layout is upstream's: ``/registry/<directory>/<namespace>/<name>``, in which the directory is
that of the resource (`Resource.storage_prefix`), and kinds without namespaces have no such part.

Example:
    >>> key_of(b"/registry/pods/", "default", "web")
    b'/registry/pods/default/web'
    >>> name_in(b"/registry/pods/", b"/registry/pods/default/web")
    ('default', 'web')
"""

from typing import Final

from kactors.api.registry import Resource

#: Every object's key begins with this; upstream's default ``--etcd-prefix``.
ROOT: Final = b"/registry/"


def prefix_of(resource: Resource) -> bytes:
    """Return what the keys of all objects of a resource begin with."""
    return ROOT + resource.storage_prefix.encode() + b"/"


def namespace_prefix(prefix: bytes, namespace: str) -> bytes:
    """Return what the keys of a resource's objects in a namespace begin with; of all if empty."""
    return prefix + namespace.encode() + b"/" if namespace else prefix


def key_of(prefix: bytes, namespace: str, name: str) -> bytes:
    """Return the key of one object of the resource that ``prefix`` belongs to."""
    return namespace_prefix(prefix, namespace) + name.encode()


def name_in(prefix: bytes, key: bytes) -> tuple[str, str]:
    """Return the namespace (maybe empty) and the name of the object with ``key``."""
    namespace, _, name = key[len(prefix) :].decode().rpartition("/")
    return namespace, name
