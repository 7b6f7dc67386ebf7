"""Whether somebody may do something: RBAC, and what a node may know."""
