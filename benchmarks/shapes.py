"""The cases that are raced: layers of the books' networks, in plain tables."""

from typing import NamedTuple

from minicnn_kernels.geometry import output_size, same_padding


def _sizes(case):
    """Output height and width, and the padding of each axis as pairs."""
    axes = zip((case.height, case.width), case.kernel, case.strides, case.dilations)
    axes = list(axes)
    if case.padding == "SAME":
        pairs = tuple(same_padding(*axis) for axis in axes)
    elif case.padding == "VALID":
        pairs = ((0, 0),) * len(axes)
    else:
        pairs = case.padding
    sizes = (output_size(n, k, s, *pair, d) for (n, k, s, d), pair in zip(axes, pairs))
    return tuple(sizes), pairs


def _cells(kernel, strides):
    square = len(set(kernel)) == len(set(strides)) == 1
    if square:
        return f"{kernel[0]}x{kernel[0]}/{strides[0]}"
    return f"{kernel[0]}x{kernel[1]}/{strides[0]}x{strides[1]}"


class Convolution(NamedTuple):
    """One convolution. ``padding`` is "SAME", "VALID" or ((top, bottom), (left, right))."""

    batch: int
    height: int
    width: int
    channels: int
    filters: int
    kernel: tuple
    strides: tuple = (1, 1)
    padding: str | tuple = "SAME"
    dilations: tuple = (1, 1)
    groups: int = 1
    name: str = ""

    @property
    def x_shape(self):
        """Shape of the input."""
        return self.batch, self.height, self.width, self.channels

    @property
    def w_shape(self):
        """Shape of the weights."""
        return (*self.kernel, self.channels // self.groups, self.filters)

    @property
    def y_shape(self):
        """Shape of the output."""
        return (self.batch, *_sizes(self)[0], self.filters)

    @property
    def padding_pairs(self):
        """((top, bottom), (left, right))."""
        return _sizes(self)[1]

    def __str__(self):
        told = f"{'x'.join(map(str, self.x_shape))} {_cells(self.kernel, self.strides)}"
        told += f" {self.filters}"
        told += f" g{self.groups}" if self.groups not in (1, self.channels) else ""
        told += f" d{self.dilations[0]}" if self.dilations != (1, 1) else ""
        told += " VALID" if self.padding == "VALID" else ""
        return f"{told} {self.name}".rstrip()


class Pooling(NamedTuple):
    """Max or average pooling."""

    kind: str
    batch: int
    height: int
    width: int
    channels: int
    pool: tuple
    strides: tuple
    padding: str = "VALID"

    x_shape = Convolution.x_shape
    padding_pairs = Convolution.padding_pairs
    kernel = property(lambda self: self.pool)
    dilations = (1, 1)

    @property
    def y_shape(self):
        """Shape of the output."""
        return (self.batch, *_sizes(self)[0], self.channels)

    def __str__(self):
        cells = _cells(self.pool, self.strides)
        return f"{self.kind} {'x'.join(map(str, self.x_shape))} {cells} {self.padding}"


class Maps(NamedTuple):
    """Feature maps that an operation without geometry goes over; ``name`` of an activation."""

    batch: int
    height: int
    width: int
    channels: int
    name: str = ""

    @property
    def shape(self):
        """``(N, H, W, C)``."""
        return self[:4]

    def __str__(self):
        return f"{self.name} {'x'.join(map(str, self.shape))}".lstrip()


class Product(NamedTuple):
    """A dense layer, or rows of classes (``inputs`` 0)."""

    batch: int
    inputs: int
    units: int

    def __str__(self):
        sizes = self if self.inputs else (self.batch, self.units)
        return "x".join(map(str, sizes))


def _convolution(n, h, w, c, f, k, s=1, padding="SAME"):
    return Convolution(n, h, w, c, f, (k, k), (s, s), padding)


def _square(side, n, rows):
    return [_convolution(n, side, side, *row) for row in rows]


def _depthwise(n, side, c, s=1):
    return Convolution(n, side, side, c, c, (3, 3), (s, s), groups=c)


def _pool(kind, n, side, c, k, s, padding="VALID"):
    return Pooling(kind, n, side, side, c, (k, k), (s, s), padding)


CONV = [  # the eight that the engine was first measured with
    _convolution(32, 28, 28, 1, 64, 7),
    _convolution(32, 14, 14, 128, 128, 3),
    _convolution(8, 56, 56, 64, 64, 3),
    _convolution(8, 14, 14, 256, 256, 3),
    _convolution(8, 14, 14, 480, 192, 1),
    _convolution(8, 56, 56, 64, 128, 1, 2),
    _convolution(8, 224, 224, 3, 64, 7, 2),
    _convolution(64, 14, 14, 6, 16, 5, 1, "VALID"),
]
CONV3X3 = [
    _convolution(8, 56, 56, 64, 64, 3),
    _convolution(4, 112, 112, 128, 128, 3),
    _convolution(32, 28, 28, 64, 64, 3),
    _convolution(32, 14, 14, 128, 128, 3),
    _convolution(8, 14, 14, 256, 256, 3),
    _convolution(4, 28, 28, 512, 512, 3),
    _convolution(8, 7, 7, 512, 512, 3),
    _convolution(1, 7, 7, 512, 512, 3),
]
FIRST = [
    _convolution(32, 28, 28, 1, 6, 5),  # LeNet-5
    _convolution(32, 28, 28, 1, 64, 7),  # Fashion CNN
    _convolution(8, 227, 227, 3, 96, 11, 4, "VALID"),  # AlexNet
    _convolution(4, 224, 224, 3, 64, 3),  # VGG16
    _convolution(8, 224, 224, 3, 64, 7, 2),  # GoogLeNet, ResNet
    _convolution(4, 299, 299, 3, 32, 3, 2, "VALID"),  # Xception
    _convolution(8, 224, 224, 3, 32, 3, 2),  # MobileNet
]
SMALL = [
    _convolution(32, 14, 14, 6, 16, 5, 1, "VALID"),  # LeNet-5
    _convolution(32, 5, 5, 16, 120, 5, 1, "VALID"),
    *_square(14, 32, [(64, 128, 3), (128, 128, 3)]),  # Fashion CNN
    *_square(7, 32, [(128, 256, 3), (256, 256, 3)]),
]
ALEXNET = [
    _convolution(8, 27, 27, 96, 256, 5),
    *_square(13, 8, [(256, 384, 3), (384, 384, 3), (384, 256, 3)]),
]
VGG16 = [
    _convolution(4, 224, 224, 64, 64, 3),
    *_square(112, 4, [(64, 128, 3), (128, 128, 3)]),
    *_square(56, 4, [(128, 256, 3), (256, 256, 3)]),
    *_square(28, 4, [(256, 512, 3), (512, 512, 3)]),
    _convolution(4, 14, 14, 512, 512, 3),
]
GOOGLENET = [
    *_square(56, 8, [(64, 64, 1), (64, 192, 3)]),
    *_square(28, 8, [(192, 64, 1), (192, 96, 1), (192, 16, 1), (256, 128, 1)]),
    *_square(28, 8, [(96, 128, 3), (128, 192, 3), (16, 32, 5), (32, 96, 5)]),
    *_square(14, 8, [(480, 192, 1), (512, 160, 1), (512, 24, 1), (528, 256, 1)]),
    *_square(14, 8, [(96, 208, 3), (112, 224, 3), (160, 320, 3)]),
    *_square(14, 8, [(16, 48, 5), (24, 64, 5), (32, 128, 5)]),
    *_square(7, 8, [(832, 256, 1), (832, 384, 1), (832, 48, 1)]),
    *_square(7, 8, [(160, 320, 3), (192, 384, 3), (32, 128, 5), (48, 128, 5)]),
]
RESNET50 = [
    *_square(56, 8, [(64, 64, 1), (64, 64, 3), (64, 256, 1), (256, 64, 1)]),
    *_square(56, 8, [(256, 128, 1, 2), (256, 512, 1, 2)]),
    *_square(28, 8, [(128, 128, 3), (128, 512, 1), (512, 128, 1)]),
    *_square(28, 8, [(512, 256, 1, 2), (512, 1024, 1, 2)]),
    *_square(14, 8, [(256, 256, 3), (256, 1024, 1), (1024, 256, 1)]),
    *_square(14, 8, [(1024, 512, 1, 2), (1024, 2048, 1, 2)]),
    *_square(7, 8, [(512, 512, 3), (512, 2048, 1), (2048, 512, 1)]),
]
RESNET34 = [  # what ResNet-50 does not have
    _convolution(8, 56, 56, 64, 128, 3, 2),
    _convolution(8, 28, 28, 128, 256, 3, 2),
    _convolution(8, 14, 14, 256, 512, 3, 2),
]
DEPTHWISE = [
    _depthwise(8, 37, 728),
    *(_depthwise(8, *row) for row in [(112, 32), (112, 64, 2), (56, 128), (56, 128, 2)]),
    *(_depthwise(8, *row) for row in [(28, 256), (28, 256, 2), (14, 512), (14, 512, 2), (7, 1024)]),
    *(_depthwise(4, *row) for row in [(147, 64), (74, 128), (37, 256), (19, 728)]),
]
POOLING = [
    _pool("max", 32, 28, 64, 2, 2),  # Fashion CNN
    *(_pool("max", 4, *row, 2, 2) for row in [(224, 64), (112, 128), (56, 256), (28, 512)]),
    _pool("max", 8, 55, 96, 3, 2),  # AlexNet
    _pool("max", 8, 112, 64, 3, 2, "SAME"),  # GoogLeNet, ResNet
    _pool("max", 8, 56, 192, 3, 2, "SAME"),
    _pool("max", 8, 28, 192, 3, 1, "SAME"),
    _pool("max", 4, 147, 128, 3, 2, "SAME"),  # Xception
    _pool("average", 32, 28, 6, 2, 2),  # LeNet-5
    _pool("average", 8, 14, 512, 5, 3),  # GoogLeNet's auxiliary classifier
]
BATCH_NORM = [
    *(Maps(8, *row) for row in [(112, 112, 64), (56, 56, 64), (28, 28, 128)]),
    *(Maps(8, *row) for row in [(14, 14, 256), (7, 7, 512)]),
    *(Maps(4, *row) for row in [(147, 147, 64), (19, 19, 728), (10, 10, 2048)]),
]
LRN = [
    *(Maps(8, *row) for row in [(55, 55, 96), (27, 27, 256)]),  # AlexNet
    *(Maps(8, *row) for row in [(56, 56, 64), (56, 56, 192)]),  # GoogLeNet
]
DENSE = [
    *(Product(32, *row) for row in [(120, 84), (84, 10), (2304, 128)]),
    *(Product(4, *row) for row in [(25088, 4096), (4096, 4096), (4096, 1000)]),
    *(Product(8, *row) for row in [(9216, 4096), (1024, 1000), (2048, 1000)]),
]
ACTIVATIONS = [Maps(8, 56, 56, 64, name) for name in ("relu", "tanh", "sigmoid", "gelu")]
SOFTMAX = [Product(*row) for row in [(32, 0, 10), (8, 0, 1000), (256, 0, 1000)]]

_FILES = {  # of the lists that are no convolutions
    name: name
    for name in ("depthwise", "pooling", "batch_norm", "lrn", "dense", "activations", "softmax")
}
_ALL = {
    "conv": CONV,
    "conv3x3": CONV3X3,
    "first": FIRST,
    "small": SMALL,
    "alexnet": ALEXNET,
    "vgg16": VGG16,
    "googlenet": GOOGLENET,
    "resnet50": RESNET50,
    "resnet34": RESNET34,
    "depthwise": DEPTHWISE,
    "pooling": POOLING,
    "batch_norm": BATCH_NORM,
    "lrn": LRN,
    "dense": DENSE,
    "activations": ACTIVATIONS,
    "softmax": SOFTMAX,
}
LISTS = {  # pairs of an operation (a file of ``operations``) and a case, by the name of the list
    name: [(_FILES.get(name, "convolution"), case) for case in cases]
    for name, cases in _ALL.items()
}
TINY = [  # to see that everything runs
    ("convolution", _convolution(2, 6, 5, 3, 4, 3, 2)),
    ("depthwise", _depthwise(2, 6, 4)),
    ("pooling", _pool("max", 2, 6, 4, 3, 2, "SAME")),
    ("pooling", _pool("average", 2, 6, 4, 2, 2)),
    ("batch_norm", Maps(2, 4, 4, 3)),
    ("lrn", Maps(2, 4, 4, 8)),
    ("dense", Product(3, 8, 5)),
    *(("activations", Maps(2, 4, 4, 3, name)) for name in ("relu", "tanh", "sigmoid", "gelu")),
    ("softmax", Product(3, 0, 5)),
]
