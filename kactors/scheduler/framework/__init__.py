"""The scheduling framework: extension points, and what runs the plugins at each of them."""
