"""The static graph: symbolic tensors, nodes in topological order, forward and backward passes.

Layers are known here only as objects with ``forward`` and ``backward``.
"""

from .network import Network
from .tensor import Node, SymbolicTensor

__all__ = ["Network", "Node", "SymbolicTensor"]
