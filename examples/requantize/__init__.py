"""Requantize and ReLU: int32 to int8 through a chain of four ALUs."""
