"""What a runtime might have of a pod, for tests."""

from kactors.node.pods.containers import PodRuntime
from kactors.node.runtime.face import ContainerState, ContainerStatus, SandboxStatus
from tests.node.objects import EPOCH_NS

SECOND = 10**9


def sandbox(attempt: int = 0, *, ready: bool = True) -> SandboxStatus:
    """Return a sandbox."""
    return SandboxStatus(
        id=f"sandbox-{attempt}",
        pod_uid="uid-of-web",
        namespace="default",
        name="web",
        ip="10.1.2.3",
        attempt=attempt,
        ready=ready,
        created_ns=EPOCH_NS,
    )


def start(name: str, attempt: int = 0, *, exit_code: int | None = None) -> ContainerStatus:
    """Return one start of a container; it runs unless it has an exit code."""
    return ContainerStatus(
        id=f"{name}-{attempt}",
        sandbox_id="sandbox-0",
        pod_uid="uid-of-web",
        name=name,
        image="example.org/web:1",
        attempt=attempt,
        state=ContainerState.RUNNING if exit_code is None else ContainerState.EXITED,
        started_ns=EPOCH_NS,
        finished_ns=None if exit_code is None else EPOCH_NS + SECOND,
        exit_code=exit_code or 0,
        reason="" if exit_code is None else "Error" if exit_code else "Completed",
    )


def view(*starts: ContainerStatus) -> PodRuntime:
    """Return a sandbox with these containers."""
    return PodRuntime.of([sandbox()], starts)
