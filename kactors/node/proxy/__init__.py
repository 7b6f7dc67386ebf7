"""Services on one node: from Services and EndpointSlices to a table, and traffic by that table."""
