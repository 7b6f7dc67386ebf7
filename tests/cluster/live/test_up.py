"""``kactors up``: a cluster comes up in real time, and bears what befalls its processes."""

import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
import trio  # noqa: TID251 - processes are live

from kactors.api.errors import ApiError
from kactors.api.meta import is_true, name_of, uid_of
from kactors.api.objects import Object, field
from kactors.client.errors import ClientError, OutcomeUnknown
from kactors.client.rest import Client
from kactors.cluster.live.access import connect
from kactors.cluster.live.data_directory import DataDirectory
from tests.cluster.live.running import PATIENCE, Running, up

pytestmark = [pytest.mark.live, pytest.mark.slow]

ResultT = TypeVar("ResultT")

LABELS = {"app": "web"}
#: Leaders are followed by others sooner than upstream's fifteen seconds.
ELECTION = (
    "--set=election.lease_duration=5",
    "--set=election.renew_deadline=3",
    "--set=election.retry_period=0.5",
)


def deployment(replicas: int) -> Object:
    """Return a Deployment ``web``."""
    container = {"name": "web", "image": "web:1"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}},
        },
    }


async def persistently(work: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Do something that may be done twice, until it is done."""
    with trio.fail_after(PATIENCE):
        while True:
            try:
                return await work()
            except (ClientError, ApiError):
                await trio.sleep(0.2)


async def pods_that(client: Client, count: int, holds: Callable[[Object], bool]) -> list[Object]:
    """Wait until so many pods are there, and something holds for each; return them."""
    with trio.fail_after(PATIENCE):
        while True:
            listed = await persistently(lambda: client.resource("pods").list("default"))
            if len(listed.items) == count and all(holds(pod) for pod in listed.items):
                return list(listed.items)
            await trio.sleep(0.2)


def is_ready(pod: Object) -> bool:
    """Tell whether a pod is ready and stays."""
    return is_true(pod, "Ready") and "deletionTimestamp" not in pod["metadata"]


class Writer:
    """Creates ConfigMaps, one after the other.

    Attributes:
        acknowledged: names of those of which the cluster has said that they are there.
    """

    def __init__(self, client: Client) -> None:
        self._maps = client.resource("configmaps")
        self.acknowledged: list[str] = []

    async def run(self) -> None:
        """Go on until cancelled."""
        number = 0
        while True:
            number += 1
            name = f"written-{number}"
            try:
                await self._maps.create({"metadata": {"name": name, "namespace": "default"}})
            except (OutcomeUnknown, ClientError, ApiError):
                await trio.sleep(0.1)
            else:
                self.acknowledged.append(name)
                await trio.sleep(0.01)

    async def until_more(self, count: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.acknowledged) + count
        with trio.fail_after(PATIENCE):
            while len(self.acknowledged) < wanted:
                await trio.sleep(0.05)


async def kill_leader(cluster: Running, writer: Writer) -> str:
    """Kill the process that holds etcd's leader; wait until all is well again; return its name."""
    leader: str = cluster.seen["etcd_leader"]
    starts = len(cluster.events)
    os.kill(cluster.pid(leader), signal.SIGKILL)

    def healed(events: list[Object]) -> bool:
        latest = [each for each in events[starts:] if each["event"] == "seen"]
        return (
            bool(latest)
            and latest[-1]["apiservers"] == ["m1", "m2", "m3"]
            and any(
                each["event"] == "started" and each["process"] == leader for each in events[starts:]
            )
            and latest[-1]["etcd_leader"] not in {"", leader}
        )

    await cluster.until(healed)
    await writer.until_more(20)
    return leader


async def shake(data: Path, client: Client, cluster: Running) -> None:
    """Kill two leaders of etcd while somebody writes; look for what was lost."""
    writer = Writer(client)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(writer.run)
        await writer.until_more(20)
        first = await kill_leader(cluster, writer)
        second = await kill_leader(cluster, writer)
        nursery.cancel_scope.cancel()
    assert first != second
    listed = await persistently(lambda: client.resource("configmaps").list("default"))
    lost = set(writer.acknowledged) - {name_of(each) for each in listed.items}
    assert not lost


def test_a_cluster_bears_kills_and_goes_on_after_a_stop(tmp_path: Path) -> None:
    """What was acknowledged is there, what runs can be scaled, and pods stay the same pods."""
    data = tmp_path / "cluster"
    access = DataDirectory(data)

    async def first_life() -> list[Object]:
        async with up(data, "--nodes", "4", *ELECTION) as cluster:
            await cluster.until_ready()
            async with connect(access, "client-0") as (_, client):
                await persistently(lambda: client.resource("deployments").create(deployment(8)))
                await pods_that(client, 8, is_ready)
                await shake(data, client, cluster)
                spec: Object = {"spec": {"replicas": 10}}
                await persistently(
                    lambda: client.resource("deployments").patch("web", spec, "default")
                )
                pods = await pods_that(client, 10, is_ready)
            assert await cluster.stop() == 0
        return pods

    async def second_life() -> list[Object]:
        def began_again(pod: Object) -> bool:
            statuses = field(pod, "status", "containerStatuses", default=())
            return is_ready(pod) and all(each["restartCount"] for each in statuses)

        async with up(data) as cluster:
            await cluster.until_ready()
            async with connect(access, "client-0") as (_, client):
                return await pods_that(client, 10, began_again)

    def identities(pods: list[Object]) -> list[tuple[str, str, str]]:
        return [(name_of(pod), uid_of(pod), pod["spec"]["nodeName"]) for pod in pods]

    assert identities(trio.run(first_life)) == identities(trio.run(second_life))


MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {a: "1"}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 0}]}
"""


async def command(data: Path, *words: str, given: str = "") -> tuple[int, str, str]:
    """Run a command; return its exit status and what it has said, well and badly."""
    whole = [sys.executable, "-m", "kactors.cli.main", *words, "--data", str(data)]
    done = await trio.run_process(
        whole, stdin=given.encode(), capture_stdout=True, capture_stderr=True, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_commands(tmp_path: Path) -> None:
    """Objects are applied, shown and deleted; what is refused does not keep others from it."""
    data = tmp_path / "cluster"

    async def story() -> None:
        async with up(data, "--masters", "1", "--nodes", "0") as cluster:
            await cluster.until_ready()

            status, said, badly = await command(data, "apply", "-f", "-", given=MANIFEST)
            assert (status, said) == (1, "configmap/conf created\n")
            assert badly.startswith("Error: standard input:7: from server (Invalid): Service")

            good = MANIFEST.replace("port: 0", "port: 80")
            status, said, _ = await command(data, "apply", "-f", "-", given=good)
            assert (status, said) == (0, "configmap/conf unchanged\nservice/web created\n")

            _, said, _ = await command(data, "get", "cm", "conf", "-o", "json")
            assert json.loads(said)["data"] == {"a": "1"}
            _, said, _ = await command(data, "get", "svc/web", "cm/conf")
            assert said.splitlines()[0].split() == [
                "NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE",
            ]  # fmt: skip

            status, said, _ = await command(data, "delete", "-f", "-", given=good)
            assert (status, said) == (0, 'service "web" deleted\nconfigmap "conf" deleted\n')
            status, _, badly = await command(data, "get", "svc", "web")
            assert (status, 'services "web" not found' in badly) == (1, True)

    trio.run(story)


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    """If the supervisor is killed its processes end, and another may take the directory."""
    data = tmp_path / "cluster"

    async def story() -> None:
        small = ("--masters", "1", "--nodes", "1")
        async with up(data, *small) as cluster:
            await cluster.until_ready()
            assert await cluster.stop(signal.SIGKILL) == -signal.SIGKILL
        async with up(data, *small) as cluster:
            await cluster.until_ready()
            async with up(data) as second:
                assert await second.process.wait() == 1
            assert await cluster.stop(signal.SIGTERM) == 0

    trio.run(story)
