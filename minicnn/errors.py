"""The error that every reader of files raises."""


class FormatError(ValueError):
    """A file is not what its format says; nothing of it was loaded.

    The message is one line: the file, where in it (a byte offset or a key), and what was wrong.

    Parameters
    ----------
    message : str
        What was expected and what came.
    file : path, optional
    offset : int, optional
        Byte in the file; in its decompressed content if the file is compressed.
    key : str, optional
        Name inside the file: of an array, a weight, a setting, a member.
    """

    def __init__(self, message, file=None, offset=None, key=None):
        self.file, self.offset, self.key = file, offset, key
        places = (
            None if file is None else str(file),
            None if key is None else repr(key),
            None if offset is None else f"at byte {offset}",
        )
        super().__init__(": ".join([*(place for place in places if place), message]))
