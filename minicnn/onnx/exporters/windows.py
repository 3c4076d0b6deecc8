"""What convolutions and poolings share: a layer's window as ONNX's attributes."""


def window_attributes(layer, spatial):
    """``strides``, ``dilations`` and padding for an input of ``spatial`` lengths.

    ``"same"`` over unknown lengths becomes ``auto_pad``.
    """
    window, rank = layer.window, layer.rank
    attributes = {"strides": window.strides, "dilations": window.dilations}
    if window.padding == "same" and None in spatial:
        return {**attributes, "auto_pad": "SAME_UPPER"}
    known = tuple(1 if n is None else n for n in spatial)
    _, pairs, _ = window.geometry((1, *known) if rank == 1 else known)
    return {**attributes, "pads": flat(pairs[-rank:])}


def flat(pairs):
    """``((before, after), ...)`` as ONNX's ``[before, ..., after, ...]``."""
    return [before for before, _ in pairs] + [after for _, after in pairs]


def with_channels(layer, value, spatial, channels):
    """Shape of the output of ``layer``, whose channels and lengths are these."""
    if layer.data_format == "channels_last":
        return (value.shape[0], *spatial, channels)
    return (value.shape[0], channels, *spatial)
