"""`dataclass`, made when it is used: the standard library's meaning at a twentieth of its price.

The standard decorator compiles six methods for each class and, for slots, makes the class twice: a third of a small
run went to it, most for classes that the run never made an instance of. This one lets the standard library collect
the fields, so that `fields`, `replace` and `is_dataclass` are its own, shares one method of each kind between all
classes, and compiles an `__init__` when the first instance is made. Type checkers see the standard decorator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    import dataclasses
    from operator import attrgetter

    def dataclass(cls=None, /, *, frozen=False, eq=True, slots=False):
        """As `dataclasses.dataclass`; `slots` says that nothing else is ever set, which `frozen` holds."""
        if cls is None:
            return lambda decorated: _made(decorated, frozen, eq)
        return _made(cls, frozen, eq)

    def _made(cls, frozen, eq):
        if cls.__doc__ is None:
            cls.__doc__ = cls.__name__  # or the standard library works out a signature to say
        cls = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
        own = {"__init__": _first, "__repr__": _repr}
        if eq:
            own |= {"__key__": _first_key, "__eq__": _eq, "__hash__": _hash if frozen else None}
        for name, method in own.items():
            if cls.__dict__.get(name) is None:  # what a class says itself stays
                setattr(cls, name, method)
        if frozen:
            cls.__setattr__ = _refuse
            cls.__delattr__ = _refuse
        return cls

    def _first(self, *args, **kwargs):
        """The `__init__` of a class without instances yet."""
        cls = type(self)
        cls.__init__ = _init_of(cls)
        cls.__init__(self, *args, **kwargs)

    def _init_of(cls):
        names = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
        given, lines = ["self"], []
        for field in dataclasses.fields(cls):
            name, value = field.name, field.name
            if field.default_factory is not dataclasses.MISSING:
                names[f"_make_{name}"] = field.default_factory
                value = f"_make_{name}() if {name} is _missing else {name}"
                given.append(f"{name}=_missing")
            elif field.default is not dataclasses.MISSING:
                names[f"_default_{name}"] = field.default
                given.append(f"{name}=_default_{name}")
            else:
                given.append(name)
            lines.append(f"    _set(self, {name!r}, {value})")
        exec(f"def __init__({', '.join(given)}):\n" + "\n".join(lines or ["    pass"]), names)
        return names["__init__"]

    def _first_key(self):
        """What instances of a class are compared by, for a class of which none were compared yet."""
        cls = type(self)
        names = [field.name for field in dataclasses.fields(cls) if field.compare]
        cls.__key__ = attrgetter(*names) if names else lambda self: ()
        return cls.__key__(self)

    def _eq(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return type(self).__key__(self) == type(self).__key__(other)

    def _hash(self):
        return hash(type(self).__key__(self))

    def _repr(self):
        shown = (f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self) if f.repr)
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _refuse(self, name, *value):
        raise dataclasses.FrozenInstanceError(f"cannot change {name!r}")
