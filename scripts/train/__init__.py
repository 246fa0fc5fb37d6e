"""Training of the networks of `examples/networks`, with PyTorch (`make train`)."""
