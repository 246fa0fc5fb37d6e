"""Networks that read handwritten digits, trained by `scripts.train`: an int8 MLP, an int8 CNN, an fp16 transformer."""
