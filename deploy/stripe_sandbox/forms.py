"""Stripe's form encoding (`a[b][c]=1`, `expand[]=x`) and typed reading of what it carries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from .errors import ApiError, bad_parameter

Pairs = list[tuple[str, str]]
_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")

METADATA_KEYS, METADATA_KEY_LENGTH, METADATA_VALUE_LENGTH = 50, 40, 500


def pairs_of(encoded: str) -> Pairs:
    return parse_qsl(encoded, keep_blank_values=True)


def nest(pairs: Pairs) -> dict[str, Any]:
    """Pairs as a tree. Numbered and empty brackets make lists; 400 for a key that has no shape."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        if "[" not in key:
            tree[key] = value
            continue
        match = _KEY.match(key)
        if match is None:
            raise bad_parameter(f"Invalid parameter name: {key}", key, "parameter_unknown")
        path = [match[1], *_PART.findall(match[2])]
        node = tree
        for name in path[:-1]:
            child = node.setdefault(name, {})
            if not isinstance(child, dict):
                raise bad_parameter(f"Invalid object: {name}", name)
            node = child
        last = path[-1]
        node[str(len(node)) if last == "" else last] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    values = {name: _lists(value) for name, value in node.items()}
    if values and all(name.isdigit() for name in values):
        return [values[name] for name in sorted(values, key=int)]
    return values


def only(params: dict[str, Any], allowed: Iterable[str]) -> None:
    """Refuse what the endpoint does not know, as Stripe does."""
    for name in params:
        if name not in allowed:
            raise bad_parameter(f"Received unknown parameter: {name}", name, "parameter_unknown")


def text(params: dict[str, Any], name: str, limit: int = 5000) -> str | None:
    """A string, None where it is missing or empty (an empty value unsets, with Stripe)."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise bad_parameter(f"Invalid string: {name}", name)
    if len(value) > limit:
        raise bad_parameter(
            f"Invalid string: {value[:20]}...; must be at most {limit} characters", name
        )
    return value


def required(params: dict[str, Any], name: str) -> str:
    value = text(params, name)
    if value is None:
        raise bad_parameter(f"Missing required param: {name}.", name, "parameter_missing")
    return value


def integer(params: dict[str, Any], name: str, least: int | None = None) -> int | None:
    value = text(params, name)
    if value is None:
        return None
    if not re.fullmatch(r"-?\d{1,18}", value):
        raise bad_parameter(f"Invalid integer: {value}", name, "parameter_invalid_integer")
    number = int(value)
    if least is not None and number < least:
        raise bad_parameter(
            f"This value must be greater than or equal to {least}.",
            name,
            "parameter_invalid_integer",
        )
    return number


def boolean(params: dict[str, Any], name: str) -> bool | None:
    value = text(params, name)
    if value is None:
        return None
    if value not in ("true", "false"):
        raise bad_parameter(f"Invalid boolean: {value}", name)
    return value == "true"


def choice(params: dict[str, Any], name: str, choices: tuple[str, ...]) -> str | None:
    value = text(params, name)
    if value is not None and value not in choices:
        raise bad_parameter(f"Invalid {name}: must be one of {', '.join(choices)}", name)
    return value


def mapping(params: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, dict):
        raise bad_parameter(f"Invalid object: {name}", name)
    return value


def strings(params: dict[str, Any], name: str) -> list[str]:
    value = params.get(name)
    if value is None or value == "":
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise bad_parameter("Invalid array", name)
    return value


def metadata(params: dict[str, Any], old: dict[str, str]) -> dict[str, str]:
    """`old` with the request's metadata merged in: an empty value unsets its key, `""` all."""
    given = params.get("metadata")
    if given is None:
        return old
    if given == "":
        return {}
    if isinstance(given, list):  # metadata whose keys are all digits
        given = {str(index): value for index, value in enumerate(given)}
    if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
        raise bad_parameter("Invalid metadata: must be an object of strings", "metadata")
    merged = {key: value for key, value in {**old, **given}.items() if value != ""}
    if len(merged) > METADATA_KEYS:
        raise bad_parameter("You can only have 50 metadata keys", "metadata")
    for key, value in given.items():
        if len(key) > METADATA_KEY_LENGTH or len(value) > METADATA_VALUE_LENGTH:
            raise ApiError(
                400,
                "Metadata keys can have up to 40 characters, values up to 500",
                param=f"metadata[{key}]",
            )
    return merged
