"""Records of any kind, made from their type hints."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from cryptography import x509
from hypothesis import strategies as st

from softeid.harness.clock import Clock
from softeid.harness.pki.authority import Authority
from softeid.harness.registration.account_certificate import ACCOUNT_AUTHORITY
from softeid.harness.seed import Seed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@cache
def certificates() -> tuple[x509.Certificate, ...]:
    """Two real ones."""
    seed, clock = Seed("records"), Clock(NOW)
    return Authority(seed, clock).issuer, Authority(seed, clock, ACCOUNT_AUTHORITY).issuer


def records(record: type[Any]) -> st.SearchStrategy[Any]:
    """Records of a class."""
    hints = get_type_hints(record)
    names = [one.name for one in fields(record)] if is_dataclass(record) else list(record._fields)
    return st.builds(record, **{name: values(hints[name]) for name in names})


def values(hint: Any) -> st.SearchStrategy[Any]:
    """What a type hint allows."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin in (Union, types.UnionType):
        return st.one_of([values(one) for one in inner])
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin is tuple and len(inner) == 2 and inner[1] is ...:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if origin is not None and issubclass(origin, tuple):
        return st.tuples(*map(values, inner))
    if origin in (list, set, frozenset):
        return st.lists(values(inner[0]), max_size=3).map(origin)
    if origin is not None:
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=3)
    if issubclass(hint, x509.Certificate):
        return st.deferred(lambda: st.sampled_from(certificates()))
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    return records(hint)


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=12),
    bytes: st.binary(max_size=12),
    bool: st.booleans(),
    int: st.integers() | st.integers(2**2040, 2**2048) | st.integers(-(2**70), -(2**60)),
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),
    date: st.dates(),
    timedelta: st.timedeltas(),
    type(None): st.none(),
}
