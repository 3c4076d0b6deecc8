"""Races against TensorFlow and PyTorch: ``python -m benchmarks NAME``. No tests: speed lives here."""
