"""The apiserver: replicas without state of their own, over etcd.

What may live here is what happens between a request of a client and a key of etcd: who asks
(`authentication`), whether they may (`authorization`), what is added and refused (`admission`), how
objects change (`registry`), and how they are read and watched (`cache`). What an object of a kind
may look like is in `kactors.api`.
"""
