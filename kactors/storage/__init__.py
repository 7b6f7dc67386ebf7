"""Disks, and what is kept on them: a write-ahead log and snapshot files.

What lives here knows bytes and how to keep them through crashes and faulty disks; what the
bytes mean is for the layers above. Disks: `kactors.storage.sim_disk`, `kactors.storage.live_disk`;
the log: `kactors.storage.wal`; snapshot files: `kactors.storage.snapshot`.
"""
