"""Pictures of a training, a network and what it sees; needs the ``plot`` extra (Matplotlib).

Every function returns a ``matplotlib.figure.Figure`` of its own, without pyplot's global state, so
that it works without a screen and in threads; with ``path`` it also writes the picture there.
"""

from .architecture import plot_model
from .augmented import augmentation
from .features import feature_maps
from .history import plot_history
from .images import plot_feature_maps, plot_filters, plot_images

__all__ = [
    "augmentation",
    "feature_maps",
    "plot_feature_maps",
    "plot_filters",
    "plot_history",
    "plot_images",
    "plot_model",
]
