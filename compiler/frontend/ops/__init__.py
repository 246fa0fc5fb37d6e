"""Rules that turn operators into nodes of the intermediate form, one family a file."""
