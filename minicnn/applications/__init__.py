"""The networks of the two books, one a file."""

from .fashion_cnn import FashionCNN
from .lenet5 import LeNet5
from .mnist_cnn import MnistCNN

__all__ = ["FashionCNN", "LeNet5", "MnistCNN"]
