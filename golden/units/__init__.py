"""What each instruction means, without a clock: pure functions over any leading batch shape."""
