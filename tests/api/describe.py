"""A package's public API as a text: what a caller's program may rely on, and nothing else.

Annotations are those of the source, so that the text is the same under every version of Python.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final, get_args, get_overloads

PACKAGES: Final = (
    "kitetui",
    "kitetui.account",
    "kitetui.compat",
    "kitetui.config",
    "kitetui.errors",
    "kitetui.feed",
    "kitetui.instruments",
    "kitetui.market",
    "kitetui.record",
    "kitetui.replay",
    "kitetui.simulator",
    "kitetui.wire",
)

FOLDER: Final = Path(__file__).parent

_SPECIAL: Final = frozenset(
    "__aenter__ __aexit__ __aiter__ __anext__ __bool__ __call__ __contains__ __enter__ __exit__ "
    "__getitem__ __iter__ __len__ __next__".split()
)
"""Methods that the language calls for the caller."""

_INDENT: Final = " " * 4


class _Written(str):
    """An annotation as it stands in the source; `inspect` shows what it is given by its repr."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class _Attribute(str):
    """The type of an attribute that only objects have, empty where the source leaves it to be inferred."""

    __slots__ = ()


def file_of(package: str) -> Path:
    """Return where a package's text is kept."""
    return FOLDER / f"{package}.txt"


def described(package: str) -> str:
    """Return a package's text: a block for each of its public names, in their order."""
    module = import_module(package)
    if package == "kitetui":
        # Its names are those of the rooms, and described there.
        return "".join(f"{name}: {_home(getattr(module, name))}\n" for name in module.__all__)
    return "\n".join("\n".join(_lines(name, getattr(module, name))) + "\n" for name in module.__all__)


def _home(thing: Any) -> str:
    return ".".join(thing.__module__.split(".")[:2])


def _lines(name: str, thing: Any) -> list[str]:
    if inspect.isclass(thing):
        return [_head(name, thing), *(_INDENT + line for line in _members(thing))]
    if inspect.isroutine(thing):
        return [_function(name, thing)]
    return list(_constant(name, thing))


def _head(name: str, kind: type) -> str:
    bases = ", ".join(base.__name__ for base in kind.__bases__ if base is not object)
    frozen = is_dataclass(kind) and kind.__dataclass_params__.frozen  # type: ignore[attr-defined] # no stub has it
    return f"{'frozen ' if frozen else ''}class {name}{f'({bases})' if bases else ''}"


def _members(kind: type) -> Iterator[str]:
    """Yield what makes one, what it holds and what it does; what it inherits from ours is its own, too."""
    ours = [each for each in reversed(kind.__mro__) if each.__module__.partition(".")[0] == "kitetui"]
    own = {name: member for each in ours for name, member in vars(each).items()}
    held: set[str] = set()
    if issubclass(kind, Enum):
        yield from (f"{member.name} = {member.value!r}" for member in kind)
        held = set(kind.__members__)
    elif is_dataclass(kind):
        yield from map(_field, fields(kind))
        held = {each.name for each in fields(kind)}
    elif "__init__" in own and not getattr(kind, "_is_protocol", False):
        yield _function("__init__", own["__init__"])
        own |= _set_by(own["__init__"])
    for name in sorted(own.keys() - held):
        if name in _SPECIAL or not name.startswith("_"):
            yield from _member(name, own[name])


def _set_by(function: Callable[..., Any]) -> dict[str, _Attribute]:
    """Return the attributes that a method gives its object, each with its type where the source says one."""
    given = re.finditer(r"^ +self\.([a-z]\w*)(?:: (.+?))? = ", inspect.getsource(function), re.MULTILINE)
    return {each[1]: _Attribute(each[2] or "") for each in given}


def _member(name: str, member: Any) -> Iterator[str]:
    if isinstance(member, property) and member.fget is not None:
        yield f"{name}: {_annotation(member.fget)}"
    elif isinstance(member, cached_property):
        yield f"{name}: {_annotation(member.func)}"
    elif isinstance(member, classmethod | staticmethod):
        yield f"{type(member).__name__} {_function(name, member.__func__)}"
    elif inspect.isfunction(member):
        yield from (_function(name, each) for each in get_overloads(member) or [member])
    elif isinstance(member, _Attribute):
        yield f"{name}: {member}" if member else name
    elif inspect.ismemberdescriptor(member):
        yield name
    else:
        yield from _constant(name, member)


def _field(field: Field[Any]) -> str:
    default = "" if field.default is MISSING else f" = {_value(field.default)}"
    if field.default_factory is not MISSING:
        default = f" = {_value(field.default_factory)}()"
    return f"{field.name}: {field.type}{default}{' (by name only)' if field.kw_only else ''}"


def _function(name: str, function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    parameters = [
        each.replace(
            annotation=_written(each.annotation),
            default=each.default if each.default is each.empty else _Written(_value(each.default)),
        )
        for each in signature.parameters.values()
    ]
    shown = signature.replace(parameters=parameters, return_annotation=_written(signature.return_annotation))
    waits = "async " if inspect.iscoroutinefunction(inspect.unwrap(function)) else ""
    return f"{waits}def {name}{shown}"


def _annotation(function: Callable[..., Any]) -> str:
    return str(function.__annotations__.get("return", ""))


def _written(annotation: Any) -> Any:
    return _Written(annotation) if isinstance(annotation, str) else annotation


def _constant(name: str, value: Any) -> Iterator[str]:
    if not isinstance(value, tuple):
        yield f"{name} = {_value(value)}"
        return
    yield f"{name}:"
    yield from (_INDENT + _value(each) for each in value)


def _value(value: Any) -> str:
    """Return a value as a text that is the same in every process, and nobody's own."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if (
        value is None
        or isinstance(value, str | bytes | bool | int | float | tuple | dict)
        or is_dataclass(value)
    ):
        return textwrap.shorten(repr(value), 200)
    if get_args(value):
        return re.sub(r"[a-z_.]+\.", "", str(value))  # an alias: the names without their modules
    return getattr(value, "__qualname__", f"a {type(value).__name__}")
