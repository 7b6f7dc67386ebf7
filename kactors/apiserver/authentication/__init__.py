"""Who asks: users, and the tokens that prove who they are."""
