"""Images from folders and files, and their random changes, under Keras' older names."""

# ruff: noqa: F401

from . import image
from .image_dataset import image_dataset_from_directory
