"""What people do with a cluster's objects, in kubectl's words.

`manifests` reads files, `apply` and `delete` carry out what they say, `names` understands what
people call resources, `output` shows objects, `follow` shows what happens to them.
"""
