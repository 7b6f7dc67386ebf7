"""Manifests: files of YAML or JSON, with one object after the other.

YAML as Kubernetes understands it: what looks like a date is text, keys are text, and no key stands
twice in one place.
"""

import sys
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import IO, Any, Final

import attrs
import yaml

from kactors.api.errors import UnknownKind
from kactors.api.meta import name_of, namespace_of
from kactors.api.objects import Object, replaced
from kactors.api.registry import REGISTRY
from kactors.api.resource import Resource
from kactors.cluster.live.kubectl.errors import BadManifest

__all__ = ["Manifest", "label_of", "read_manifests"]

_SUFFIXES: Final = (".json", ".yaml", ".yml")
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


@attrs.frozen
class Manifest:
    """One object that somebody has written down.

    Attributes:
        place: the file, and the line in which the document begins.
        obj: without ``null``; in a namespace, if its kind has them.
        resource: of its kind.
    """

    place: str
    obj: Object
    resource: Resource

    @property
    def label(self) -> str:
        """What it is called: ``deployment.apps/web``."""
        return label_of(self.resource, name_of(self.obj))


def label_of(resource: Resource, name: str) -> str:
    """Return what kubectl calls an object: ``deployment.apps/web``, ``pod/web``."""
    group = f".{resource.group}" if resource.group else ""
    return f"{resource.singular}{group}/{name}"


class _Loader(yaml.SafeLoader):
    """Reads YAML as upstream's parser does."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {  # noqa: RUF012 - as the base class has it
        first: [each for each in resolvers if each[0] != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Refuse keys that stand there twice, or are no text."""
        seen: dict[Any, None] = {}
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                problem = f"the key {key!r} is no text: quote it"
            elif key in seen:
                problem = f"the key {key!r} stands there twice"
            else:
                seen[key] = None
                continue
            raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
        return super().construct_mapping(node, deep=deep)


def read_manifests(where: str, namespace: str) -> Iterator[Manifest]:
    """Yield the objects of a file, of the files in a directory, or of standard input (``-``).

    The items of a ``List`` come one by one. An empty document holds nothing.

    Args:
        where: the path, or ``-``.
        namespace: of objects that do not name one; empty: ``default``, and they may name any.

    Raises:
        BadManifest: a document holds no object of a known kind, or one in another namespace.
        OSError: a file cannot be read.
    """
    for name, line, document in _documents(where):
        place = f"{name}:{line}"
        for obj in _objects(place, document):
            yield _manifest(place, obj, namespace)


def _documents(where: str) -> Iterator[tuple[str, int, Any]]:
    """Yield each document with its file and its first line."""
    if where == "-":
        yield from _documents_of(sys.stdin, "standard input")
        return
    path = Path(where)
    paths = [path]
    if path.is_dir():
        paths = sorted(each for each in path.iterdir() if each.suffix in _SUFFIXES)
        if not paths:
            raise BadManifest(f"{where}: there is no file *{', *'.join(_SUFFIXES)} in there")
    for each in paths:
        with each.open(encoding="utf-8") as file:
            yield from _documents_of(file, str(each))


def _documents_of(file: IO[str], name: str) -> Iterator[tuple[str, int, Any]]:
    try:
        loader = _Loader(file)
        try:
            while loader.check_node():
                node = loader.get_node()
                assert node is not None, "it was seen"
                document = loader.construct_document(node)
                yield name, node.start_mark.line + 1, document
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as problem:
        line = "" if problem.problem_mark is None else f":{problem.problem_mark.line + 1}"
        raise BadManifest(f"{name}{line}: {problem.problem}") from problem
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise BadManifest(f"{name}: this is no YAML: {problem}") from problem


def _objects(place: str, document: Any) -> Iterator[Object]:
    if document is None:
        return
    if not isinstance(document, dict):
        raise BadManifest(
            f"{place}: an object is expected, with apiVersion and kind; this is "
            f"{type(document).__name__}"
        )
    if document.get("kind") == "List" and document.get("apiVersion") == "v1":
        for item in document.get("items") or ():
            yield from _objects(place, item)
        return
    yield document


def _manifest(place: str, found: Object, namespace: str) -> Manifest:
    obj: Object = _without_null(found)
    version, kind = obj.get("apiVersion"), obj.get("kind")
    if not (isinstance(version, str) and isinstance(kind, str)):
        raise BadManifest(f"{place}: an object says its apiVersion and its kind; this does not")
    try:
        resource = REGISTRY.of_kind(version, kind)
    except UnknownKind as problem:
        raise BadManifest(f'{place}: there is no kind "{kind}" in version "{version}"') from problem
    if not (isinstance(obj.get("metadata"), dict) and name_of(obj)):
        raise BadManifest(f"{place}: this {kind} has no metadata.name: give it one")
    if resource.namespaced:
        said = namespace_of(obj)
        if said and namespace and said != namespace:
            raise BadManifest(
                f'{place}: {label_of(resource, name_of(obj))} names the namespace "{said}", and '
                f'"{namespace}" was asked for: say one of the two'
            )
        obj = replaced(obj, said or namespace or "default", "metadata", "namespace")
    return Manifest(place, obj, resource)


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_null(item) for item in value]
    return value
