"""The corpus: bugs found in the wild, planted in our components; see docs/corpus.md."""
