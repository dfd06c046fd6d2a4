"""Which keys a model knows at a place, for `did you mean` and lists of what is allowed."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel


def models_at(model: type[BaseModel], path: tuple[str | int, ...]) -> tuple[type[BaseModel], ...]:
    """Returns the models that may stand at a place: several where a union is.

    Args:
        model: what stands at the root.
        path: keys and indexes; parts that lead nowhere (labels of unions) are passed over.
    """
    candidates: tuple[object, ...] = (model,)
    for part in path:
        below = tuple(found for one in candidates for found in _below(one, part))
        candidates = below or tuple(_tagged(candidates, part)) or candidates
    return tuple(one for one in candidates if _is_model(one))  # type: ignore[misc]  # narrowed


def known_keys(models: tuple[type[BaseModel], ...]) -> list[str]:
    """Returns the keys that the models accept, as the text spells them, each once."""
    return list(
        dict.fromkeys(
            field.alias or name for model in models for name, field in model.model_fields.items()
        )
    )


def _is_model(candidate: object) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def _below(candidate: object, part: str | int) -> Iterator[object]:
    if isinstance(candidate, type) and issubclass(candidate, BaseModel):
        for name, field in candidate.model_fields.items():
            if part == (field.alias or name):
                yield from _alternatives(field.annotation)
    elif get_origin(candidate) in (list, tuple) and isinstance(part, int):
        yield from _alternatives(get_args(candidate)[0])
    elif get_origin(candidate) is dict:
        yield from _alternatives(get_args(candidate)[1])


def _tagged(candidates: tuple[object, ...], label: str | int) -> Iterator[object]:
    """Yields the models that a label chooses where they are told apart by `type`."""
    for one in candidates:
        if isinstance(one, type) and issubclass(one, BaseModel):
            field = one.model_fields.get("type")
            if field is not None and label in get_args(field.annotation):
                yield one


def _alternatives(annotation: object) -> Iterator[object]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for one in get_args(annotation):
            yield from _alternatives(one)
    else:
        yield annotation
