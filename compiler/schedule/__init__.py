"""From a graph to a program: tensors placed in memory, work placed in time, every resource reserved in every cycle."""
