"""Vector add: operands from both hemispheres meet in the VXM."""
