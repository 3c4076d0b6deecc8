"""Callbacks under Keras' names."""

from .base import Callback, CallbackList, registry
from .history import CSVLogger, History
from .monitor import EarlyStopping, ModelCheckpoint, Monitor, ReduceLROnPlateau
from .schedule import LambdaCallback, LearningRateScheduler, TerminateOnNaN

__all__ = [
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "Monitor",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
    "registry",
]
