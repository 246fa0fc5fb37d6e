"""`make serial`: a network on a simulated board, through the pins of its serial line."""
