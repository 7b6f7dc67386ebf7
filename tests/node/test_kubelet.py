"""The kubelet: what is bound runs, what is said is true, and it may die at any time."""

import pytest

from kactors.api.codec import paranoid
from kactors.api.errors import ServiceUnavailable
from kactors.api.meta import get_condition
from kactors.api.objects import Object
from kactors.node.runtime.face import ContainerState
from tests.node.cluster import NodeCluster
from tests.node.objects import container

QUICK = {"pull-seconds": "1", "up-seconds": "0.1", "stop-seconds": "0.1"}


def test_a_node_registers_and_is_ready() -> None:
    """With its labels, what it offers, and a Lease that is renewed every ten seconds."""
    with NodeCluster() as cluster:
        cluster.until(lambda: cluster.get("Node", "n1") is not None, 5)
        cluster.world.run_for(1)
        node = cluster.get("Node", "n1")
        assert node is not None
        assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "n1"
        assert node["status"]["allocatable"]["pods"] == "110"
        ready = get_condition(node, "Ready")
        assert ready is not None
        assert ready["status"] == "True"
        writes = len(cluster.store.history)
        cluster.world.run_for(100)
        assert 9 <= len(cluster.store.history) - writes <= 11, "only the Lease, every ten seconds"


def test_a_node_without_addresses_for_pods_is_not_ready() -> None:
    """Until its range is given; pods wait for it."""
    with NodeCluster(pod_cidr="") as cluster:
        cluster.run_pod(behaviour=QUICK)
        cluster.world.run_for(20)
        ready = get_condition(cluster.get("Node", "n1") or {}, "Ready")
        assert ready is not None
        assert (ready["status"], ready["reason"]) == ("False", "KubeletNotReady")
        assert cluster.phase() == "Pending"
        cluster.change("Node", "n1", "10.9.8.0/24", "spec", "podCIDR")
        cluster.until(cluster.ready, 5)
        assert cluster.status()["podIP"] == "10.9.8.2"
        ready = get_condition(cluster.get("Node", "n1") or {}, "Ready")
        assert ready is not None
        assert ready["status"] == "True"


def test_a_pod_runs_until_it_is_deleted() -> None:
    """And is gone from the apiserver only when it is gone from the node."""
    with NodeCluster() as cluster:
        cluster.run_pod(behaviour=QUICK | {"stop-seconds": "7"})
        assert cluster.until(cluster.ready, 10) < 5
        status = cluster.status()
        assert (status["phase"], status["podIP"], status["hostIP"]) == (
            "Running", "10.244.1.2", "192.168.0.1",
        )  # fmt: skip
        cluster.delete_pod("web")
        took = cluster.until(lambda: cluster.get("Pod", "web") is None, 60)
        assert 7 <= took < 8
        assert cluster.containers() == ()
        cluster.world.run_for(0.1)
        assert cluster.kubelets["n1"].workers == {}


def test_grace_ends_in_sigkill_and_may_be_shortened() -> None:
    """A container that ignores SIGTERM lives until its grace is over, counted from the start."""
    with NodeCluster() as cluster:
        cluster.run_pod(behaviour=QUICK | {"stop-seconds": "never"})
        cluster.until(cluster.ready, 10)
        cluster.delete_pod("web", grace=40)
        cluster.world.run_for(10)
        assert cluster.get("Pod", "web") is not None
        cluster.delete_pod("web", grace=15)
        took = cluster.until(lambda: cluster.get("Pod", "web") is None, 60)
        assert 4.5 <= took < 6


def test_a_crash_loop_backs_off() -> None:
    """At once, then after 10, 20, 40 seconds."""
    with NodeCluster() as cluster:
        cluster.run_pod(behaviour=QUICK | {"run-seconds": "1", "exit-code": "2"})
        cluster.world.run_for(100)
        (main,) = cluster.status()["containerStatuses"]
        assert main["restartCount"] == 4
        assert main["state"]["waiting"]["reason"] == "CrashLoopBackOff"
        assert main["lastState"]["terminated"]["exitCode"] == 2
        assert cluster.phase() == "Running"
        assert len(cluster.containers()) == 2, "only the last two starts are remembered"


def test_jobs_end_by_themselves() -> None:
    """Well or badly; nothing of them is left on the node, and nothing is taken back."""
    with NodeCluster() as cluster:
        good = QUICK | {"run-seconds": "3"}
        cluster.run_pod("good", behaviour=good, restartPolicy="Never")
        cluster.run_pod("bad", behaviour=good | {"exit-code": "1"}, restartPolicy="Never")
        cluster.until(lambda: cluster.phase("good") == "Succeeded", 20)
        cluster.until(lambda: cluster.phase("bad") == "Failed", 20)
        cluster.world.run_for(1)
        assert cluster.containers() == ()
        ended = cluster.status("bad")["containerStatuses"][0]["state"]["terminated"]
        assert ended["exitCode"] == 1
        cluster.world.hosts["n1"].system.kill("kubelet", "a test")
        cluster.world.run_for(60)
        assert (cluster.phase("good"), cluster.phase("bad")) == ("Succeeded", "Failed")
        assert cluster.containers() == ()
        cluster.delete_pod("bad")
        cluster.until(lambda: cluster.get("Pod", "bad") is None, 5)


def test_init_containers_come_first() -> None:
    """In their order, one at a time."""
    with NodeCluster() as cluster:
        init = [container("one"), container("two")]
        cluster.run_pod(behaviour=QUICK | {"run-seconds.one": "5"}, initContainers=init)
        cluster.world.run_for(4)
        assert cluster.phase() == "Pending"
        names = [each.name for each in cluster.containers()]
        assert names == ["one"]
        cluster.until(cluster.ready, 20)
        states = [each["state"] for each in cluster.status()["initContainerStatuses"]]
        assert all(each["terminated"]["exitCode"] == 0 for each in states)


def test_probes_decide_on_readiness_and_on_life() -> None:
    """A container that hangs is restarted after three bad answers, and unready before."""
    with NodeCluster() as cluster:
        probe = {"httpGet": {"port": 80}, "periodSeconds": 5}
        main = container(readinessProbe=probe | {"failureThreshold": 1}, livenessProbe=probe)
        said = QUICK | {"ready-seconds": "4", "hang-seconds": "choice(30)"}
        cluster.run_pod(behaviour=said, containers=[main], terminationGracePeriodSeconds=2)
        cluster.until(lambda: cluster.phase() == "Running", 10)
        assert 4 <= cluster.until(cluster.ready, 20) <= 10
        cluster.until(lambda: not cluster.ready(), 40)
        cluster.until(lambda: cluster.status()["containerStatuses"][0]["restartCount"] == 1, 30)
        assert (
            cluster.status()["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137
        )
        cluster.until(cluster.ready, 30)


def test_images_that_cannot_be_had() -> None:
    """First the error, then the back-off."""
    with NodeCluster() as cluster:
        cluster.run_pod(behaviour={"pull-failure": "1", "pull-seconds": "1"})

        def reason() -> str:
            statuses = cluster.status().get("containerStatuses") or [{}]
            waiting = (statuses[0].get("state") or {}).get("waiting") or {}
            return str(waiting.get("reason"))

        cluster.until(lambda: reason() == "ErrImagePull", 10)
        cluster.until(lambda: reason() == "ImagePullBackOff", 10)
        assert cluster.life().runtime.pulls == 1
        cluster.until(lambda: cluster.life().runtime.pulls == 2, 12)


def test_a_pod_without_room_is_rejected() -> None:
    """And fails, with the reason."""
    with NodeCluster(capacity={"cpu": "1", "memory": "1Gi", "pods": "9"}) as cluster:
        asked = container(resources={"requests": {"cpu": "600m"}})
        cluster.run_pod("a", behaviour=QUICK, containers=[asked])
        cluster.until(lambda: cluster.ready("a"), 10)
        cluster.run_pod("b", behaviour=QUICK, containers=[asked])
        cluster.until(lambda: cluster.phase("b") == "Failed", 5)
        assert cluster.status("b")["reason"] == "OutOfcpu"
        cluster.delete_pod("a")
        cluster.until(lambda: cluster.get("Pod", "a") is None, 5)
        cluster.run_pod("c", behaviour=QUICK, containers=[asked])
        cluster.until(lambda: cluster.ready("c"), 10)


def test_a_kubelet_that_was_down_adopts_what_runs() -> None:
    """No container notices; what has happened meanwhile is said; what is gone since is ended."""
    with NodeCluster() as cluster:
        cluster.run_pod("stays", behaviour=QUICK)
        cluster.run_pod("crashes", behaviour=QUICK | {"run-seconds": "choice(15)"})
        cluster.run_pod("goes", behaviour=QUICK)
        cluster.until_ready("stays", "crashes", "goes")
        before = {each.pod_uid: each.id for each in cluster.containers()}
        cluster.world.hosts["n1"].system.stop("kubelet")
        cluster.store.write(cluster.key("Pod", "goes"), None)
        cluster.world.run_for(20)
        running = {each.pod_uid for each in cluster.containers() if each.running}
        assert running == {"uid-of-stays", "uid-of-goes"}, "nobody was there to restart or to stop"
        assert cluster.ready("crashes"), "nobody was there to say it"
        cluster.start_kubelet()
        cluster.world.run_for(10)
        after = {each.pod_uid: each.id for each in cluster.containers() if each.running}
        assert after["uid-of-stays"] == before["uid-of-stays"]
        assert after["uid-of-crashes"] != before["uid-of-crashes"]
        assert "uid-of-goes" not in after
        assert cluster.status("crashes")["containerStatuses"][0]["restartCount"] == 1


def test_a_host_that_crashes_loses_its_containers_and_starts_them_again() -> None:
    """The count goes on, and what was lost is said; a job that was lost has failed."""
    with NodeCluster() as cluster:
        cluster.run_pod("web", behaviour=QUICK)
        cluster.run_pod("job", behaviour=QUICK | {"run-seconds": "500"}, restartPolicy="Never")
        cluster.until_ready("web", "job")
        cluster.world.crash("n1")
        cluster.world.run_for(5)
        cluster.world.hosts["n1"].machine.restart()
        cluster.until(lambda: cluster.phase("job") == "Failed", 20)
        cluster.until(lambda: cluster.status()["containerStatuses"][0]["restartCount"] == 1, 20)
        main = cluster.status()["containerStatuses"][0]
        assert main["lastState"]["terminated"]["reason"] == "ContainerStatusUnknown"
        assert cluster.ready()


def test_what_is_said_survives_an_outage_of_the_apiservers() -> None:
    """The pod goes on, and the latest word is said when somebody listens again."""
    with NodeCluster() as cluster:
        cluster.run_pod(behaviour=QUICK | {"run-seconds": "choice(30)", "exit-code": "1"})
        cluster.until(cluster.ready, 20)
        for server in cluster.all:
            server.before = lambda _: ServiceUnavailable("a test")
        cluster.world.run_for(100)
        assert cluster.ready(), "nobody could be told anything"
        ran = [each for each in cluster.containers() if each.state is ContainerState.EXITED]
        assert ran
        for server in cluster.all:
            server.before = lambda _: None
        cluster.until(lambda: cluster.status()["containerStatuses"][0]["restartCount"] >= 2, 30)
        writes = [change for change in cluster.store.history if change.key[1] == "pods"]
        assert len(writes) < 20


def config_map(**data: str) -> Object:
    """Return a ConfigMap."""
    metadata = {"name": "conf", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_a_mounted_configmap_is_brought_up_to_date() -> None:
    """A pod waits for it to be there; within two minutes it reads what was written since."""
    with NodeCluster() as cluster:
        mounting = container(volumeMounts=[{"name": "v", "mountPath": "/etc/conf"}])
        volume = {"name": "v", "configMap": {"name": "conf"}}
        cluster.run_pod(behaviour=QUICK, containers=[mounting], volumes=[volume])
        cluster.world.run_for(5)
        assert cluster.phase() == "Pending"
        assert cluster.containers() == ()
        cluster.put(config_map(a="1", b="1"))
        cluster.until(cluster.ready, 10)
        runtime = cluster.life().runtime
        (main,) = cluster.containers()
        assert runtime.read_file(main.id, "/etc/conf/a") == b"1"
        cluster.put(config_map(a="2"))
        cluster.until(lambda: runtime.read_file(main.id, "/etc/conf/a") == b"2", 125)
        with pytest.raises(FileNotFoundError):
            runtime.read_file(main.id, "/etc/conf/b")


def test_an_environment_that_cannot_be_made_is_said() -> None:
    """And tried again."""
    with NodeCluster() as cluster:
        needing = container(envFrom=[{"configMapRef": {"name": "conf"}}])
        cluster.run_pod(behaviour=QUICK, containers=[needing])
        cluster.world.run_for(8)
        (main,) = cluster.status()["containerStatuses"]
        assert main["state"]["waiting"]["reason"] == "CreateContainerConfigError"
        cluster.put(config_map())
        cluster.until(cluster.ready, 15)


def test_a_deadline_ends_a_pod() -> None:
    """Whatever its containers do."""
    with NodeCluster() as cluster:
        cluster.run_pod(behaviour=QUICK, activeDeadlineSeconds=20)
        took = cluster.until(lambda: cluster.phase() == "Failed", 40)
        assert 18 <= took <= 22
        assert cluster.status()["reason"] == "DeadlineExceeded"


def test_sidecars_serve_until_the_others_have_ended() -> None:
    """And a pre-stop pause holds SIGTERM back."""
    with NodeCluster() as cluster:
        sidecar = container("side", restartPolicy="Always")
        main = container(lifecycle={"preStop": {"sleep": {"seconds": 5}}})
        cluster.run_pod(behaviour=QUICK, initContainers=[sidecar], containers=[main])
        cluster.until(cluster.ready, 10)
        cluster.delete_pod("web")

        def running() -> set[str]:
            return {each.name for each in cluster.containers() if each.running}

        assert 5 <= cluster.until(lambda: running() == {"side"}, 10) < 5.3
        cluster.until(lambda: cluster.get("Pod", "web") is None, 5)


def test_a_namesake_is_another_pod() -> None:
    """It begins while the one before it, deleted by force, has not ended; nothing is mixed up."""
    with NodeCluster() as cluster:
        cluster.run_pod(uid="first", behaviour=QUICK | {"stop-seconds": "9"})
        cluster.until(cluster.ready, 10)
        cluster.store.write(cluster.key("Pod", "web"), None)
        cluster.run_pod(uid="second", behaviour=QUICK)
        cluster.until(cluster.ready, 10)
        both = {each.pod_uid for each in cluster.containers() if each.running}
        assert both == {"first", "second"}
        cluster.world.run_for(12)
        assert {each.pod_uid for each in cluster.containers()} == {"second"}
        assert list(cluster.kubelets["n1"].workers) == ["second"]
        assert cluster.ready()


def test_one_seed_gives_one_story() -> None:
    """Every write is the same, at the same revision; another seed tells another story."""

    def story(seed: int) -> str:
        with NodeCluster("n1", "n2", seed=seed) as cluster:
            for name, node in (("a", "n1"), ("b", "n2")):
                cluster.run_pod(name, node=node, behaviour={"run-seconds": "exponential(9)"})
            cluster.world.run_for(60)
            return cluster.world.digest

    first = story(1)
    with paranoid():
        assert story(1) == first, "nobody has changed what is shared"
    assert story(2) != first
