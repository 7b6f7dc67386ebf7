"""One pod on one node: whether it may run here, what to do next, what to say of it."""
