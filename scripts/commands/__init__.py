"""Commands of `superlane`, one subject each. A command reads its arguments and returns its exit code."""
