"""Callbacks under Keras' names."""

from .backup import BackupAndRestore
from .base import Callback, CallbackList, registry
from .history import CSVLogger, History
from .monitor import EarlyStopping, ModelCheckpoint, Monitor, ReduceLROnPlateau
from .schedule import LambdaCallback, LearningRateScheduler, TerminateOnNaN

__all__ = [
    "BackupAndRestore",
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
