"""Tables from names to the library's own classes: the only way a name becomes code.

A configuration read from a file can name what stands in these tables and nothing else; nothing
is ever imported because a file says so.
"""

import contextlib
import difflib
import inspect
from contextvars import ContextVar

from .naming import snake_case

# What the caller of a loading function vouches for, beside the tables.
_custom: ContextVar[dict] = ContextVar("minicnn_custom_objects", default={})  # noqa: B039


@contextlib.contextmanager
def custom_object_scope(*objects):
    """Names that every table knows inside the block, for classes and functions of one's own.

    Parameters
    ----------
    *objects : dict
        Name to class or function; a name of the library's own may be replaced.
    """
    token = _custom.set({**_custom.get(), **{k: v for given in objects for k, v in given.items()}})
    try:
        yield
    finally:
        _custom.reset(token)


# Classes and functions that their authors registered for every table.
_registered: dict = {}


def register_keras_serializable(package="Custom", name=None):
    """Decorator: let files name this class or function, as ``package>name`` or ``name``.

    Parameters
    ----------
    package : str
        Keeps equal names of different authors apart.
    name : str, optional
        Default: the name of the class or function.
    """

    def add(thing):
        called = name or thing.__name__
        _registered[called] = _registered[f"{package}>{called}"] = thing
        return thing

    return add


def get_custom_objects():
    """The names that :func:`register_keras_serializable` gave, a dict that may be written to."""
    return _registered


def deserializer(get):
    """A module's ``deserialize``: its ``get``, told names of the caller's own.

    Parameters
    ----------
    get : callable
        Makes an object from what :func:`serialize` wrote.
    """

    def deserialize(config, custom_objects=None):
        """The object that ``serialize`` described; ``custom_objects`` gives names of your own."""
        with custom_object_scope(custom_objects or {}):
            return get(config)

    return deserialize


def custom_objects():
    """The names given to :func:`custom_object_scope`, as a dict."""
    return dict(_custom.get())


class Registry:
    """Names of one kind of thing (``kind`` is for messages: "layer", "initializer" ...)."""

    def __init__(self, kind):
        self.kind = kind
        self._entries = {}

    def register(self, *aliases):
        """Class or function decorator; ``aliases`` stand beside the thing's own name."""

        def add(thing):
            for name in (thing.__name__, snake_case(thing.__name__), *aliases):
                self._entries[name] = thing
            return thing

        return add

    def find(self, name):
        """The registered class or function called ``name``."""
        try:
            return next(table[name] for table in self._tables() if name in table)
        except (StopIteration, TypeError):
            near = difflib.get_close_matches(str(name), self._entries, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{self.kind}: no {self.kind} is called {name!r}{hint}") from None

    def __contains__(self, name):
        return any(name in table for table in self._tables())

    def _tables(self):
        return _custom.get(), self._entries, _registered

    def names(self):
        """Every name, sorted."""
        return sorted(self._entries)

    def get(self, identifier):
        """The object that ``identifier`` means.

        Parameters
        ----------
        identifier : None, str, dict, class or object
            ``None`` stays ``None``; a name is looked up; ``{"class_name": ..., "config": {...}}``
            is looked up and made by ``from_config``; a class is made without arguments; any other
            object is returned as it is.
        """
        if isinstance(identifier, dict):
            return self.from_config(identifier)
        if isinstance(identifier, str):
            identifier = self.find(identifier)
        return identifier() if inspect.isclass(identifier) else identifier

    def from_config(self, config):
        """The object that ``serialize`` described."""
        if not isinstance(config.get("class_name"), str):
            raise ValueError(f"{self.kind}: config must have a 'class_name', got {config!r}")
        settings = config.get("config") or {}
        if not isinstance(settings, dict):
            raise ValueError(f"{self.kind}: 'config' must be a dict, got {settings!r}")
        thing = self.find(config["class_name"])
        return thing.from_config(settings) if hasattr(thing, "from_config") else thing


def serialize(value):
    """``value`` as what JSON can hold: plain data, a name, or ``{"class_name", "config"}``."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [serialize(item) for item in value]
    if isinstance(value, dict):
        return {key: serialize(item) for key, item in value.items()}
    if hasattr(value, "get_config") and not inspect.isclass(value):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return value.item()
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "__name__"):
        return value.__name__
    raise TypeError(f"serialize: cannot describe {value!r} in a configuration")


def argument_names(cls):
    """Names of a constructor's arguments, as a list.

    Follows ``**kwargs`` up through the base classes, so that no class lists its arguments twice.
    """
    names = {}
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        parameters = list(inspect.signature(base.__init__).parameters.values())[1:]
        names.update(
            (p.name, None)
            for p in parameters
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        )
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            break
    return list(names)


def arguments(thing):
    """``{name: value}`` of every constructor argument, read from the attributes of that name."""
    names = argument_names(type(thing))
    missing = [name for name in names if not hasattr(thing, name)]
    if missing:
        raise TypeError(
            f"{type(thing).__name__}: define get_config, or keep the constructor argument "
            f"{missing[0]!r} as an attribute of that name"
        )
    return {name: getattr(thing, name) for name in names}


class Configurable:
    """Things whose settings are their constructor's arguments, kept as attributes of that name."""

    def get_config(self):
        """The constructor's arguments as plain data."""
        return {name: serialize(value) for name, value in arguments(self).items()}

    @classmethod
    def from_config(cls, config):
        """A new object from :meth:`get_config`."""
        return cls(**config)

    def __repr__(self):
        told = ", ".join(f"{name}={value!r}" for name, value in arguments(self).items())
        return f"{type(self).__name__}({told})"
