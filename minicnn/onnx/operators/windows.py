"""What convolutions and poolings share: ONNX's window attributes."""

from minicnn_kernels import geometry


def window(call, size, spatial):
    """``(strides, dilations, padding)`` of a window of ``size`` over ``spatial`` lengths.

    Padding is "same", "valid" or a ``(before, after)`` pair for each axis.
    """
    rank = len(size)
    strides = _integers(call, "strides", rank)
    dilations = _integers(call, "dilations", rank)
    rule = call.attribute("auto_pad", "NOTSET")
    if rule == "NOTSET":
        return strides, dilations, pairs(call, call.attribute("pads", [0] * (2 * rank)), rank)
    if rule in ("VALID", "SAME_UPPER"):
        return strides, dilations, {"VALID": "valid", "SAME_UPPER": "same"}[rule]
    if rule != "SAME_LOWER":
        call.refuse(f"auto_pad is unknown: {rule!r}")
    if None in spatial:
        call.refuse(f"auto_pad SAME_LOWER needs known lengths, got {tuple(spatial)}")
    upper = [
        geometry.same_padding(n, k, s, d) for n, k, s, d in zip(spatial, size, strides, dilations)
    ]
    return strides, dilations, tuple((after, before) for before, after in upper)


def pairs(call, pads, rank):
    """ONNX's ``[before, ..., after, ...]`` as ``((before, after), ...)``."""
    if len(pads) != 2 * rank:
        call.refuse(f"pads must have {2 * rank} entries, got {pads}")
    return tuple(zip(pads[:rank], pads[rank:]))


def _integers(call, name, rank):
    values = tuple(call.attribute(name, [1] * rank))
    if len(values) != rank:
        call.refuse(f"{name} must have {rank} entries, got {values}")
    return values
