"""Programs for maintainers; none of them is needed to run kactors."""
