"""The VXM: a 4 x 4 mesh of ALUs in every lane."""
