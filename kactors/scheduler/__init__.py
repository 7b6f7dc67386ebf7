"""The scheduler: which pod runs where.

Everything but the actor is pure: no I/O, no clock. In the order of reading:

* `pod_info`, `requirements`, `node_facts`, `node_info`: the objects as plugins see them;
* `cache`, `snapshot`, `node_tree`, `cluster_view`: what is known;
* `framework`, `plugins`, `config`: extension points, and who has a say at them;
* `queue`: which pod next;
* `algorithm`, `vector`: which node, in the plain form and in the fast one;
* `schedule_one`, `effects`: one attempt from beginning to end, and what must be done for it.
"""
