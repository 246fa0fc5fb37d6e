"""Networks as graphs of what the machine computes: between the front end, which reads models, and the scheduler."""
