"""Keras' older place of ResNet-50; see :mod:`minicnn.applications.resnet`."""

from .resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
