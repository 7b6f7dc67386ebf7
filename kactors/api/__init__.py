"""The Kubernetes API without a server: kinds, their rules, and what clients and servers say.

Pure: no I/O, no clock, no randomness. What computes on objects reads them as JSON-shaped dicts,
frozen by convention: whoever changes one copies it.

Where to begin: `registry` has one entry for each kind (made in `kinds`), and each entry a
`strategy`; `rest` leads a write through its rules. Below these:

* `objects`, `meta`, `times`, `codec`, `schema`: what objects are made of, and their bytes;
* `defaults`, `validation`, `names`, `field_errors`: the rules that kinds share;
* `labels`, `fields`, `taints`, `node_affinity`, `quantity`, `qos`, `service_ranges`, `scale`: what
  controllers, schedulers and kubelets compute with;
* `patch`: the three kinds of patches;
* `requests`, `errors`: what is asked, and what is answered when it is not done.
"""
