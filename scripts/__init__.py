"""Commands: the `superlane` command line and what `make` runs."""
