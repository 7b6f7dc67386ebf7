"""The same seed gives the same run, whatever is shared and however strings are hashed."""

import os
import subprocess
import sys
from contextlib import nullcontext

import pytest

from kactors.api.codec import paranoid
from kactors.apiserver.authentication.user import node_user
from kactors.runtime import open_nursery
from tests.apiserver.cluster import Api, Cluster, config_map, pod, service_account
from tests.apiserver.subresources.test_subresources import deployment

PROGRAM = """
from tests.apiserver.test_determinism import digest
print(digest())
"""


async def story(api: Api) -> None:
    """Do a little of everything, some of it at once."""
    await api.create(service_account())
    await api.create(deployment(2))
    await api.patch("deployments", "default", "web", {"spec": {"replicas": 3}}, "scale")
    async with open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(api.at(api.replicas[number % 2]).create, pod(f"p{number}"))
            nursery.start_soon(api.create, config_map(f"c{number}"))
    kubelet = api.acting_as(node_user("n1"))
    for number in range(5):
        binding = {"target": {"kind": "Node", "name": "n1"}}
        await api.post("pods", "default", f"p{number}", "binding", binding)
        status = {"status": {"phase": "Running"}}
        await kubelet.patch("pods", "default", f"p{number}", status, "status")
    await api.ask("deletecollection", "pods", "default", query={"labelSelector": "!app"})
    async with api.watch("pods", "default", resourceVersion=0) as events:
        await anext(events)


def digest(*, separately: bool = False) -> str:
    """Return the digest of a run; everybody may decode separately."""
    with paranoid() if separately else nullcontext(), Cluster(members=3, replicas=2) as cluster:
        cluster.run(story)
        return cluster.world.digest


def test_nobody_changes_what_others_see() -> None:
    """If everybody decodes an object separately, the run is the same."""
    assert digest() == digest(separately=True)


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_hashes_of_strings_do_not_matter(hash_seed: str) -> None:
    """Another interpreter with other string hashes repeats the run."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest()
