"""A perceptron with two hidden layers."""
