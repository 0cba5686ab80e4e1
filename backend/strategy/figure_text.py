"""Changes one number of a figure in its file's text; all else, comments too, stays as it was. Pure."""

from collections.abc import Iterator
from datetime import date

import yaml

from backend.strategy.documents import parse


def with_value(file: str, text: str, name: str, since: date, value: int) -> str:
    """`text` with `value` for the figure `name` from `since` on: in the place of what stands for that day, or
    behind the last one. Raises CatalogueError where the file cannot be read, LookupError without such a
    figure, ValueError where `since` is before its last day and not one of its days."""
    parse(file, text)
    values = _values(yaml.compose(text, Loader=yaml.BaseLoader), name)
    days = []
    for item in values.value:
        day, number = _under(item, "from"), _under(item, "value")
        if str(day.value) == since.isoformat():
            return text[: number.start_mark.index] + str(value) + text[number.end_mark.index :]
        days.append(str(day.value))
    if since.isoformat() < max(days):
        raise ValueError(f"{since} is before its last day and none of its days")
    fresh = f"{{from: {since.isoformat()}, value: {value}}}"
    last = values.value[-1]
    end = last.end_mark.index
    if values.flow_style:
        return f"{text[:end]}, {fresh}{text[end:]}"
    # the end of a block's last item may stand behind empty lines and comments
    head = text[:end].rstrip()
    dash = text.rindex("-", 0, last.start_mark.index)
    return f"{head}\n{' ' * _column(text, dash)}- {fresh}{text[len(head) :] or chr(10)}"


def _column(text: str, index: int) -> int:
    return index - (text.rfind("\n", 0, index) + 1)


def _values(root: yaml.Node | None, name: str) -> yaml.SequenceNode:
    for figure in _items(root, "figures"):
        if _has(figure, "name", name):
            values = _under(figure, "values")
            if isinstance(values, yaml.SequenceNode) and values.value:
                return values
    raise LookupError(f"there is no figure {name}")


def _items(node: yaml.Node | None, key: str) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for at, below in node.value:
            if at.value == key and isinstance(below, yaml.SequenceNode):
                yield from below.value


def _has(node: yaml.Node, key: str, value: str) -> bool:
    try:
        return bool(_under(node, key).value == value)
    except LookupError:
        return False


def _under(node: yaml.Node, key: str) -> yaml.Node:
    for at, below in node.value if isinstance(node, yaml.MappingNode) else ():
        if at.value == key:
            found: yaml.Node = below
            return found
    raise LookupError(f"there is no key {key}")
