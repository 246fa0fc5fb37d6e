"""Matrix product: weights of the next pass are loaded while the last one runs."""
