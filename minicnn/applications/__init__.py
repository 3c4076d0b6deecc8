"""The networks of the two books, one a file; each module loads when one of its names is used."""

from importlib import import_module

_NAMES = {
    "AlexNet": "alexnet",
    "DenseNet121": "densenet",
    "DenseNet169": "densenet",
    "DenseNet201": "densenet",
    "DigitLocalizer": "digit_localizer",
    "DogsAndCats": "dogs_and_cats",
    "FashionCNN": "fashion_cnn",
    "GoogLeNet": "googlenet",
    "HistologyV1": "histology",
    "HistologyV2": "histology",
    "HistologyV3": "histology",
    "HistologyV4": "histology",
    "InceptionResNetV2": "inception_resnet_v2",
    "InceptionV3": "inception_v3",
    "LeNet5": "lenet5",
    "LeNet5Classic": "lenet5_classic",
    "MnistCNN": "mnist_cnn",
    "MobileNet": "mobilenet",
    "MobileNetV2": "mobilenet_v2",
    "ResNet101": "resnet",
    "ResNet152": "resnet",
    "ResNet18": "resnet34",
    "ResNet20": "resnet_cifar",
    "ResNet32": "resnet_cifar",
    "ResNet34": "resnet34",
    "ResNet44": "resnet_cifar",
    "ResNet50": "resnet",
    "ResNet56": "resnet_cifar",
    "SEInception": "se_inception",
    "SEResNet50": "se_resnet",
    "SqueezeNet": "squeezenet",
    "VGG16": "vgg16",
    "VGG19": "vgg19",
    "Xception": "xception",
    "ZFNet": "zfnet",
}

NETWORKS = tuple(_NAMES)
"""Names of all networks."""

_MODULES = sorted({*_NAMES.values(), "imagenet_utils", "resnet50"})

__all__ = sorted(["NETWORKS", *_NAMES, *_MODULES])


def __getattr__(name):
    if name in _NAMES:
        value = getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    elif name in _MODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__():
    return __all__
