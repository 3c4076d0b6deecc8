"""Every operation and the functions that each telling offers for it, file by file."""

OPERATIONS = {
    "conv2d": ("conv2d_forward", "conv2d_backward_input", "conv2d_backward_weights"),
    "conv3d": ("conv3d_forward", "conv3d_backward_input", "conv3d_backward_weights"),
    "depthwise_conv2d": (
        "depthwise_conv2d_forward",
        "depthwise_conv2d_backward_input",
        "depthwise_conv2d_backward_weights",
        "depthwise_conv2d_backward",
    ),
    "add": ("add_forward",),
    "concatenate": ("concatenate_forward", "concatenate_backward"),
    "bias": ("bias_forward", "bias_backward"),
    "dense": ("dense_forward", "dense_backward_input", "dense_backward_weights"),
    "max_pool": ("max_pool_forward", "max_pool_backward"),
    "average_pool": ("average_pool_forward", "average_pool_backward"),
    "global_pool": (
        "global_average_pool_forward",
        "global_average_pool_backward",
        "global_max_pool_forward",
        "global_max_pool_backward",
    ),
    "upsample2d": (
        "upsample2d_nearest_forward",
        "upsample2d_nearest_backward",
        "upsample2d_bilinear_forward",
        "upsample2d_bilinear_backward",
    ),
    "batch_norm": (
        "batch_norm_forward",
        "batch_norm_inference",
        "batch_norm_backward",
    ),
    "lrn": ("lrn_forward", "lrn_backward"),
    "activations": ("activation_forward", "activation_backward"),
    "prelu": ("prelu_forward", "prelu_backward_input", "prelu_backward_weights"),
    "softmax": (
        "softmax_forward",
        "softmax_backward",
        "log_softmax_forward",
        "log_softmax_backward",
        "softmax_cross_entropy_forward",
        "softmax_cross_entropy_backward",
        "sparse_softmax_cross_entropy_forward",
        "sparse_softmax_cross_entropy_backward",
    ),
    "dropout": ("dropout_forward", "dropout_backward"),
    "optimizers": (
        "sgd_update",
        "rmsprop_update",
        "adam_update",
        "nadam_update",
        "adagrad_update",
    ),
}

_HOME = {name: operation for operation, names in OPERATIONS.items() for name in names}


def home(name):
    """The operation (file) that holds function ``name``; ``AttributeError`` if there is none."""
    try:
        return _HOME[name]
    except KeyError:
        raise AttributeError(f"no operation offers {name!r}") from None
