"""The controllers of Kubernetes, in upstream's names; each keeps one promise about the objects.

A controller is level-triggered: it gets a key, looks at its caches and does what is missing; what
has happened, and how often it was told so, cannot change what it decides. Each consists of

* *decisions*: plain functions from objects (and the time) to what should be done, which know
  neither clock nor network and are tested by properties;
* an actor, thin, that reads the caches, asks for a decision and carries it out.

`controller_manager` runs them all behind one leader election. Shared by many: `pods` (facts about a
pod), `deletion_order`, `claims` (who controls what), `templates`, `history` (old templates).

Source: kubernetes pkg/controller.
"""
