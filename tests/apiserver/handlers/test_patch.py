"""Tests of patching objects."""

from kactors.api.errors import BadRequest, Conflict, NotFound, UnsupportedMediaType
from kactors.runtime import open_nursery
from tests.apiserver.cluster import Api, Cluster, config_map, pod, refusal, service_account


def test_the_three_kinds_of_patches() -> None:
    """Merge, JSON and strategic patches do what their specifications say."""

    async def story(api: Api) -> None:
        await api.create(service_account())
        await api.create(config_map("a", x="1", y="2"))
        await api.create(pod("p", tolerations=[{"key": "a", "operator": "Exists"}]))

        merged = await api.patch("configmaps", "default", "a", {"data": {"x": "9", "y": None}})
        operations = [{"op": "add", "path": "/data/z", "value": "3"}]
        extended = await api.patch("configmaps", "default", "a", operations)
        image = {"spec": {"containers": [{"name": "main", "image": "web:2"}]}}
        strategic = await api.patch("pods", "default", "p", image, form="strategic-merge-patch")

        assert merged["data"] == {"x": "9"}
        assert extended["data"] == {"x": "9", "z": "3"}
        (container,) = strategic["spec"]["containers"]
        assert (container["name"], container["image"]) == ("main", "web:2")
        assert container["volumeMounts"]

    with Cluster() as cluster:
        cluster.run(story)


def test_what_cannot_be_applied_is_refused() -> None:
    """A failed test is 422, garbage 400, an unknown form 415, nothing there 404."""

    async def story(api: Api) -> None:
        await api.create(config_map("a", x="1"))
        where = ("configmaps", "default", "a")
        test = [{"op": "test", "path": "/data/x", "value": "2"}]

        failed = await refusal(api.patch(*where, test))
        garbage = await refusal(api.patch(*where, {"data": 5}))
        form = await refusal(api.patch(*where, {}, form="apply-patch"))
        absent = await refusal(api.patch("configmaps", "default", "b", {}))

        assert failed.code == 422
        assert isinstance(garbage, BadRequest)
        assert isinstance(form, UnsupportedMediaType)
        assert isinstance(absent, NotFound)

    with Cluster() as cluster:
        cluster.run(story)


def test_a_patch_that_names_a_version_is_of_that_version() -> None:
    """Any other version is a conflict; without one there is none."""

    async def story(api: Api) -> None:
        first = await api.create(config_map("a", x="1"))
        await api.update({**first, "data": {"x": "2"}})
        stale = {"metadata": {"resourceVersion": first["metadata"]["resourceVersion"]}, "data": {}}

        problem = await refusal(api.patch("configmaps", "default", "a", stale))
        made = await api.patch("configmaps", "default", "a", {"data": {"y": "1"}})

        assert isinstance(problem, Conflict)
        assert made["data"] == {"x": "2", "y": "1"}

    with Cluster() as cluster:
        cluster.run(story)


def test_patches_through_all_replicas_at_once_are_all_applied() -> None:
    """A patch without a version is applied again to whatever is there; none is lost."""

    async def story(api: Api) -> None:
        await api.create(config_map("a"))

        async def patch(number: int) -> None:
            replica = api.at(api.replicas[number % 3])
            await replica.patch("configmaps", "default", "a", {"data": {f"k{number}": "1"}})

        async with open_nursery() as nursery:
            for number in range(30):
                nursery.start_soon(patch, number)

        assert len((await api.get("configmaps", "default", "a"))["data"]) == 30

    with Cluster(replicas=3) as cluster:
        cluster.run(story)
