"""A quantized network that reads handwritten digits: 64 pixels, 32 hidden units, 10 classes."""
