"""Container images by name, as nodes report them and pods ask for them.

Source: kubernetes pkg/scheduler/framework/plugins/imagelocality/image_locality.go
(``normalizedImageName``).
"""

from collections.abc import Iterable

from kactors.api.objects import Object

__all__ = ["images_of_node", "images_of_pod", "normal_name"]


def normal_name(name: str) -> str:
    """Return the name with its tag; ``:latest`` is added where there is none.

    Example:
        >>> normal_name("registry:5000/web")
        'registry:5000/web:latest'
    """
    return name if name.rfind(":") > name.rfind("/") else f"{name}:latest"


def images_of_pod(containers: Iterable[Object]) -> tuple[str, ...]:
    """Return the images of these containers, in their order."""
    return tuple(
        normal_name(container["image"]) for container in containers if container.get("image")
    )


def images_of_node(status: Object) -> dict[str, int]:
    """Return the sizes, in bytes, of all images that a node reports, by each of their names."""
    return {
        normal_name(name): image.get("sizeBytes", 0)
        for image in status.get("images") or ()
        for name in image.get("names") or ()
    }
