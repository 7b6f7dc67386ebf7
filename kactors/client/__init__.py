"""What every component needs to talk to the apiservers, in client-go's names.

Here live the ways in which programs use the API; what a program does with it is no business of
this package, and neither is how an apiserver works: all it knows of one is
`kactors.api.requests`. In the order of reading:

* `config`, `balancer`, `session`, `rest`, `watch`: requests and watches, over many replicas;
* `indexer`, `reflector`, `informer`, `lister`: a copy of the objects that keeps itself up to date;
* `workqueue`, `rate_limiter`, `expectations`: what reconcilers are driven by;
* `leader_election`, `events`, `control`: one of many acts; what it did is told; pods come and go;
* `controller`: an actor that puts these together.
"""
