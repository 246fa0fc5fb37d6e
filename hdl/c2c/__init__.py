"""Links to other chips."""
