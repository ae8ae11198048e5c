"""Attributes that are built at their first use."""

import threading
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

Value = TypeVar("Value")


class BuiltOnce(Generic[Value]):
    """An attribute that is built once for each object, even if several threads use it first at the same time.

    After that it is a plain entry of the object's `__dict__`. It may be set, or removed to be built anew.
    `functools.cached_property` does the same, but without a lock since Python 3.12.
    """

    def __init__(self, build: Callable[[Any], Value]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: object | None, owner: type) -> Self | Value:
        if instance is None:
            return self
        # Each attribute of each object has its own lock. With one lock for all, a thread that builds one attribute
        # could wait for a thread that needs another: the holder of the writer's lock needs the encoder.
        with instance.__dict__.setdefault(f"_building_{self._name}", threading.RLock()):
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._build(instance)
            value: Value = instance.__dict__[self._name]
            return value
