"""Copy: eight vectors across the chip, one a cycle."""
