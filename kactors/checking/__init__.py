"""Checkers that read what a run left behind and say whether its promises held.

What lives here is pure: values in, a verdict out, no clock, no chance, no knowledge of how the
values were made. A checker never raises because a promise was broken; it returns the violation.

* `history` reads and writes the JSON-lines format of ``docs/histories.md``;
* `linearizability` searches for an order that explains a history of clients' operations;
* `drawing` shows a failed search as an HTML page;
* `ground_truth` compares answers with the state at their revision, when the order is known;
* `watch` holds recorded watch responses to the guarantees of etcd's watch.
"""

from kactors.checking.actions import Cas as Cas
from kactors.checking.actions import Compare as Compare
from kactors.checking.actions import Delete as Delete
from kactors.checking.actions import Get as Get
from kactors.checking.actions import Put as Put
from kactors.checking.actions import Txn as Txn
from kactors.checking.actions import TxnResult as TxnResult
from kactors.checking.errors import CheckingError as CheckingError
from kactors.checking.errors import MalformedHistory as MalformedHistory
from kactors.checking.errors import MalformedLog as MalformedLog
from kactors.checking.history import read_history as read_history
from kactors.checking.history import write_history as write_history
from kactors.checking.linearizability import Check as Check
from kactors.checking.linearizability import Failure as Failure
from kactors.checking.linearizability import Verdict as Verdict
from kactors.checking.linearizability import check as check
from kactors.checking.model import REFUSED as REFUSED
from kactors.checking.model import KeyValue as KeyValue
from kactors.checking.model import Model as Model
from kactors.checking.model import Part as Part
from kactors.checking.model import Refused as Refused
from kactors.checking.operation import Operation as Operation
