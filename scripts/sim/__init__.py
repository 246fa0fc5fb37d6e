"""`make sim`: a quantized network on real images in the hardware, from nothing."""
