"""Golden model: what every instruction means, in NumPy, exact to the bit and to the cycle."""
