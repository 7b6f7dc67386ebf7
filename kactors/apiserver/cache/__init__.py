"""What one replica knows of etcd: the objects of every resource, their latest changes, who watches.

What may live here follows etcd and never writes. Nothing here knows users, verbs or rules.
"""
