"""Tests of the runner of onnx's node tests."""
