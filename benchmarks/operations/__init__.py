"""The contenders of every operation, one operation a file.

Each file offers ``passes(case, peers)``, which yields a :class:`~benchmarks.passes.Pass` for every
pass of one case of :mod:`benchmarks.shapes`. All contenders get the same arrays: PyTorch sees
MiniCNN's memory as channels-last tensors, so nobody converts inside the timed part.
"""
