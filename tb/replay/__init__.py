"""One run played to several simulators: what a host does is written down once, what each shows is judged afterwards."""
