"""The replicated store: etcd v3's semantics as pure data structures, and the member that runs them.

Other components import `messages`, `errors` and the client, nothing else. What is pure here knows
no clock, no disk and no network: times come in as arguments, changes go out as values.

* `store` is the replicated state machine: `Store.apply` takes one committed command;
* `mvcc` holds the keys and their history, `compaction` and `hashing` work on it;
* `range_read` and `txn` carry out reads and transactions, `validation` refuses bad requests early;
* `lease` is the replicated part of leases, `lease_expiry` the leader's clockwork;
* `watchers` turns what was committed into what each watch has to deliver;
* `snapshot` turns a store into bytes and back.
"""
