"""Two blocks of softmax attention and a small perceptron, over the rows of an image."""
