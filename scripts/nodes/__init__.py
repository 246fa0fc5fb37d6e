"""onnx's backend node tests, through the front end and an engine."""
