"""Races against TensorFlow and PyTorch: ``python -m benchmarks NAME``. Tests time nothing."""
