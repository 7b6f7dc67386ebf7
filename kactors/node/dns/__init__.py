"""The cluster's names: what the Kubernetes DNS specification answers, who answers, who asks."""
