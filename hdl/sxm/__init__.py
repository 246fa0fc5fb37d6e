"""The SXM: moves between lanes, superlanes and streams."""
