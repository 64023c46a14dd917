"""Arguments of public methods, checked by their annotations before anything is computed.

`checks_arguments` decorates a class: each public method then receives arguments of the kinds that
its annotations name, or raises an InputError of one line that names the argument. A kind is looked
up as it is written in the source, so that a new one needs its line in `KINDS`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from operator import index
from typing import Any, NoReturn, TypeVar

import numpy as np

from xw2v.errors import InputError
from xw2v.storage.files import is_path
from xw2v.vectors.query import KEY_TYPES, as_term, is_list

Check = Callable[[str, Any], Any]  # (name of the argument, what was given) -> the argument
Class = TypeVar("Class", bound=type)


def as_array(name: str, value: Any) -> np.ndarray:
    """An array of numbers, however it was given."""
    try:
        array = np.asarray(value)
    except Exception:  # rows of different sizes, or whatever an object's own conversion raises
        _refuse(name, value, "give an array of numbers, all its rows of one size")
    if array.dtype.kind not in "fiu":
        _refuse(name, value, "give an array of numbers")
    return array


def as_mapping_of_arrays(name: str, value: Any) -> dict[str, np.ndarray]:
    """Arrays of any kind by their names."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        _refuse(name, value, "give a dict of names and arrays")
    try:
        return {key: np.asarray(values) for key, values in value.items()}
    except Exception:
        _refuse(name, value, "give a dict of names and arrays, one value for each word")


def _refuse(name: str, value: Any, message: str) -> NoReturn:
    raise InputError(message, setting=name, value=value) from None


def _anything(name: str, value: Any) -> Any:
    return value


def as_flag(name: str, value: Any) -> bool:
    """True or False, also of NumPy, or as 1 and 0."""
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    _refuse(name, value, "give True or False")


def _integer(name: str, value: Any) -> int:
    if isinstance(value, (bool, np.bool_)):
        _refuse(name, value, "give an integer")
    try:
        return index(value)
    except TypeError:
        _refuse(name, value, "give an integer")


def _string(name: str, value: Any) -> str:
    if not isinstance(value, str):
        _refuse(name, value, "give a string")
    return str(value)


def _path(name: str, value: Any) -> Any:
    if not is_path(value):
        _refuse(name, value, "give the path of a file or folder")
    return value


def _function(name: str, value: Any) -> Any:
    if not callable(value):
        _refuse(name, value, "give a function")
    return value


def _having(*attributes: str, what: str) -> Check:
    def check(name: str, value: Any) -> Any:
        if isinstance(value, type) or not all(hasattr(value, each) for each in attributes):
            _refuse(name, value, f"give {what}")
        return value

    return check


def _key(name: str, value: Any) -> Any:
    if not isinstance(value, KEY_TYPES):
        _refuse(name, value, "give a word, or the number of its row")
    return value


def _term(name: str, value: Any) -> Any:
    return as_term(value, name)


def _list_of(check: Check) -> Check:
    """A list from any iterable but a string or a dict, with every item checked."""

    def checked(name: str, value: Any) -> list[Any]:
        if not is_list(value):
            _refuse(name, value, "give a list of words")
        return [check(f"{name}[{i}]", item) for i, item in enumerate(value)]

    return checked


def _optional(check: Check) -> Check:
    return lambda name, value: None if value is None else check(name, value)


_REQUIRED: dict[str, Check] = {  # as annotations name them
    "Any": _anything,  # checked by the method itself
    "Sentences": _anything,
    "str | os.PathLike[str] | KeyedVectors | Word2Vec": _anything,
    "str | int": _anything,
    "bool": as_flag,
    "int": _integer,
    "str": _string,
    "str | Path": _path,
    "str | os.PathLike[str]": _path,
    "np.ndarray": as_array,
    "ArrayLike": as_array,
    "dict[str, np.ndarray]": as_mapping_of_arrays,
    "Key": _key,
    "Term": _term,
    "Sequence[Key]": _list_of(_key),
    "Sequence[Term]": _list_of(_term),
    "Iterable[str]": _list_of(_string),
    "Sequence[str]": _anything,  # by `tablechecks.checked_words`
    "WordTable": _having("index_to_key", "vectors", what="KeyedVectors"),
    "Indexer": _having("most_similar", what="an index with a method most_similar(vector, topn)"),
    "Callable[[Progress], None]": _function,
    "Say": _function,
    "SubwordTable": _having("knows", "vectors_of", what="the vectors of n-grams"),
    "Iterable[Any]": _list_of(_anything),
}
KINDS = _REQUIRED | {f"{kind} | None": _optional(check) for kind, check in _REQUIRED.items()}


def checks_arguments(*but: str) -> Callable[[Class], Class]:
    """A class decorator that checks what is given to the constructor and the public methods.

    Args:
        but: names of methods that check their arguments themselves, since they are called often.
    """

    def decorated(cls: Class) -> Class:
        for name, member in list(vars(cls).items()):
            if name in but or (name.startswith("_") and name != "__init__"):
                continue
            if isinstance(member, (classmethod, staticmethod)):
                setattr(cls, name, type(member)(_checked(member.__func__)))
            elif inspect.isfunction(member):
                setattr(cls, name, _checked(member))
        return cls

    return decorated


def _check_of(annotation: str, function: Callable[..., Any]) -> Check:
    if annotation not in KINDS:
        raise TypeError(
            f"{function.__qualname__} has an argument annotated {annotation!r}: "
            "add what it must be to KINDS in xw2v.vectors.arguments"
        )
    return KINDS[annotation]


def _checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its arguments checked, but for self, cls and what `**` takes."""
    parameters = list(inspect.signature(function).parameters.values())
    checks = {
        parameter.name: _check_of(parameter.annotation, function)
        for parameter in parameters
        if parameter.annotation is not parameter.empty
        and parameter.kind is not parameter.VAR_KEYWORD
    }
    in_order = [
        (parameter.name, checks.get(parameter.name, _anything))
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]

    @functools.wraps(function)
    def checked(*args: Any, **named: Any) -> Any:
        given = [check(name, value) for value, (name, check) in zip(args, in_order, strict=False)]
        for name, value in named.items():
            if name in checks:
                named[name] = checks[name](name, value)
        return function(*given, *args[len(given) :], **named)

    return checked
