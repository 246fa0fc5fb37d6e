"""Generated pages of docs/: each module makes the text of one, from the facts in `arch`."""
