"""What the parts of the machine cost in cells of FPGAs and in gates (`make cells`)."""
