"""Front end: ONNX models to graphs (docs/networks.md)."""
