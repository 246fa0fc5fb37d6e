"""Tests of the front end, against onnxruntime."""
