"""Micro-Moments: an offline voice assistant for couples."""

import os

__version__ = "0.1.0"

# ONNX Runtime sends its makers what it did, unless it is told not to before it is loaded (under either name).
os.environ.update(ORT_DISABLE_TELEMETRY="1", ORT_TELEMETRY_DISABLED="1")
