"""Alarms: what is wrong in the cluster, and what is refused while it is.

Source: ``server/etcdserver/api/v3alarm`` and ``apply/uber_apply.go`` of etcd.
"""

from collections.abc import Iterable
from typing import Final

from kactors.etcd.errors import CorruptCluster, NoSpace
from kactors.etcd.messages.kv import Compact, DeleteRange, Put, Txn
from kactors.etcd.messages.lease import LeaseExpire, LeaseGrant, LeaseRevoke
from kactors.etcd.messages.maintenance import ActiveAlarm, Alarm, AlarmAction, AlarmType
from kactors.etcd.quota import cost_bytes

#: What would make a bad thing worse while members hold different data.
_TOUCHING_DATA: Final = (Put, DeleteRange, Txn, Compact, LeaseGrant, LeaseRevoke, LeaseExpire)


class Alarms:
    """The alarms that are on; part of the replicated state."""

    def __init__(self, active: Iterable[ActiveAlarm] = ()) -> None:
        self._active = dict.fromkeys(active)

    @property
    def active(self) -> tuple[ActiveAlarm, ...]:
        """All alarms that are on, by member and kind."""
        return tuple(sorted(self._active, key=lambda alarm: (alarm.member_id, alarm.alarm)))

    def is_on(self, kind: AlarmType) -> bool:
        """Tell whether any member has raised an alarm of a kind."""
        return any(alarm.alarm is kind for alarm in self._active)

    def handle(self, request: Alarm) -> tuple[ActiveAlarm, ...]:
        """Carry out a request; return the alarms that it asked for, raised or disarmed."""
        if request.action is AlarmAction.ACTIVATE:
            raised = ActiveAlarm(request.member_id, request.alarm)
            self._active[raised] = None
            return (raised,)
        meant = tuple([alarm for alarm in self.active if _means(request, alarm)])
        if request.action is AlarmAction.DEACTIVATE:
            for alarm in meant:
                del self._active[alarm]
        return meant

    def check_readable(self) -> None:
        """Refuse to read what may be wrong.

        Raises:
            CorruptCluster: members hold different data.
        """
        if self._active and self.is_on(AlarmType.CORRUPT):
            raise CorruptCluster

    def check_writable(self, command: object) -> None:
        """Refuse a command that must not be carried out now.

        Raises:
            CorruptCluster: members hold different data.
            NoSpace: it would add something, and a quota is used up.
        """
        if not self._active:
            return
        if isinstance(command, _TOUCHING_DATA):
            self.check_readable()
        if self.is_on(AlarmType.NOSPACE) and cost_bytes(command):
            raise NoSpace


def _means(request: Alarm, alarm: ActiveAlarm) -> bool:
    return request.member_id in (0, alarm.member_id) and request.alarm in (
        AlarmType.NONE,
        alarm.alarm,
    )
