"""`make sim`: quantized networks on real images in the hardware, from nothing."""
