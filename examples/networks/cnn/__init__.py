"""Two convolutions with pooling, and a layer that scores."""
