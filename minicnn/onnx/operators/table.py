"""The table from ONNX's operators to the functions that make layers of them."""

TABLE: dict = {}


def operator(*names):
    """Function decorator: the function converts the operators ``names``.

    It takes a :class:`~minicnn.onnx.call.Call` and returns a value, or a list with one entry for
    each output.
    """

    def add(function):
        for name in names:
            TABLE[name] = function
        return function

    return add
