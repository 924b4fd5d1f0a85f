"""OpenAPI Overlay 1.0 and 1.1: a document mended without being edited."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.openapi.overlay.node import Overlaid
from bffgen.openapi.overlay.parse import BadPath, parse_path
from bffgen.openapi.overlay.path import Index, Query
from bffgen.openapi.overlay.select import Place, TooMuch, select
from bffgen.openapi.scalars import flag
from bffgen.records import dataclass
from bffgen.source.nodes import Node
from bffgen.source.text import Span

READ_VERSIONS = re.compile(r"1(\.[01](\.\d+)?)?")
KEYS = ("target", "description", "update", "remove", "copy")
DOES = ("update", "remove", "copy")
MAX_CHANGES = 100_000  # nodes that all actions change


class _Bad(Exception):
    """What is wrong with an overlay, and where."""

    def __init__(self, place: Span, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.place = place
        self.help = help


@dataclass(frozen=True, slots=True)
class _Action:
    node: Node
    target: Node
    query: Query


def apply_overlay(root: Node, overlay: Node, diags: Diagnostics) -> Node | None:
    """The document with an overlay's actions applied to it, in their order; None after a message.

    BFF509 where the overlay cannot be read, BFF508 where an action's target is not there: a document that has
    changed since the overlay was written is not mended by it. What no action reaches stays unread.
    """
    actions = _read(overlay, diags)
    if actions is None:
        return None
    result = Overlaid(root, root.file)
    application = _Application(result, diags)
    applied = [_applied(action, application, diags) for action in actions if not application.is_spent]
    if not all(applied):
        return None
    result.settle()
    return result


def _read(overlay: Node, diags: Diagnostics) -> list[_Action] | None:
    """The actions of an overlay; None after messages."""
    actions: list[_Action] = []
    try:
        listed = _listed(overlay)
    except _Bad as bad:
        diags.report("BFF509", str(bad), bad.place, help=bad.help)
        return None
    for node in listed:
        try:
            actions.append(_action(node))
        except _Bad as bad:
            diags.report("BFF509", str(bad), bad.place, help=bad.help)
    return actions if len(actions) == len(listed) else None


def _applied(action: _Action, application: _Application, diags: Diagnostics) -> bool:
    try:
        return application.apply(action)
    except _Bad as bad:
        diags.report("BFF509", str(bad), bad.place, help=bad.help)
        return False


def _listed(overlay: Node) -> Sequence[Node]:
    version, listed = overlay.get("overlay"), overlay.get("actions")
    first = Span(overlay.file, 0, min(1, len(overlay.file.text)))
    if version is None:
        raise _Bad(first, f"`{overlay.file.path}` is not an overlay: there is no key `overlay`")
    if not READ_VERSIONS.fullmatch(version.text.strip()):
        shown = version.text or "without a version number"
        raise _Bad(version.span, f"this is Overlay {shown}; the versions that are read are 1.0 and 1.1")
    if listed is None or not listed.elements():
        place = overlay.key("actions") if listed is not None else first
        raise _Bad(place, "an overlay has a list of `actions`, one at least")
    return listed.elements()


def _action(node: Node) -> _Action:
    target = node.get("target")
    if target is None or target.kind != "scalar" or not isinstance(target.value, str):
        raise _Bad(target.span if target is not None else node.span, "an action has a `target`, a JSONPath")
    for key in node.entries():
        if key not in KEYS and not key.startswith("x-"):
            near = closest(key, KEYS)
            help_ = f"did you mean `{near}`?" if near else f"an action has {', '.join(f'`{key}`' for key in KEYS)}"
            raise _Bad(node.key(key), f"an action has no key `{key}`", help_)
    if not flag(node, "remove") and node.get("update") is None and node.get("copy") is None:
        raise _Bad(node.span, "an action has an `update`, or `remove: true`, or a `copy`")
    if node.get("update") is not None and node.get("copy") is not None:
        raise _Bad(node.key("copy"), "an action has an `update` or a `copy`, not both")
    return _Action(node, target, _query(target))


def _query(written: Node) -> Query:
    try:
        return parse_path(written.text)
    except BadPath as bad:
        start = min(bad.start, max(len(written.text) - 1, 0))
        place = written.part(start, max(min(bad.end, len(written.text)), start))
        raise _Bad(place, f"this is not JSONPath: {bad}", bad.help) from None


class _Application:
    def __init__(self, root: Overlaid, diags: Diagnostics) -> None:
        self._root = root
        self._diags = diags
        self._left = MAX_CHANGES

    @property
    def is_spent(self) -> bool:
        """Whether the overlay has changed more than it may."""
        return self._left < 0

    def apply(self, action: _Action) -> bool:
        """Apply an action; False after a message. Raises `_Bad`."""
        found = self._selected(action.query, action.target)
        if not found:
            self._report_nothing(action)
            return False
        self._left -= len(found)
        if self.is_spent:
            raise _Bad(action.target.span, f"an overlay changes at most {MAX_CHANGES} places")
        if flag(action.node, "remove"):
            self._remove(action, found)
            return True
        changes = self._changes(action)
        updated = [self._update(place, changes) for place in found]
        return all(updated)

    def _selected(self, query: Query, written: Node) -> list[Place]:
        try:
            return select(query, self._root)
        except TooMuch:
            raise _Bad(written.span, "this path leads to too many places") from None

    def _changes(self, action: _Action) -> Node:
        """What is laid over the target: written in the overlay, or copied from elsewhere in the document (1.1)."""
        update, written = action.node.get("update"), action.node.get("copy")
        if update is not None:
            return update
        assert written is not None
        found = self._selected(_query(written), written)
        if len(found) != 1:
            raise _Bad(written.span, f"`copy` takes one value, and this path leads to {len(found) or 'none'}")
        copied = found[0].node
        assert isinstance(copied, Overlaid)
        return copied.copy()

    def _remove(self, action: _Action, found: list[Place]) -> None:
        for place in found:
            if place.holder is None:
                raise _Bad(action.target.span, "the whole document cannot be removed")
            assert isinstance(place.holder, Overlaid)
            place.holder.remove(place.node)

    def _update(self, place: Place, changes: Node) -> bool:
        node, holder = place.node, place.holder
        assert isinstance(node, Overlaid)
        if node.kind == "sequence" or node.kind == changes.kind == "mapping":
            node.update(changes)
        elif node.kind == changes.kind == "scalar" and isinstance(holder, Overlaid):
            holder.replace(place.key, changes)
        else:
            what = {"mapping": "a mapping", "sequence": "a list", "scalar": "a single value"}
            self._diags.report(
                "BFF509",
                f"{what[changes.kind]} cannot be laid over {what[node.kind]}",
                Label(changes.span, f"this is {what[changes.kind]}"),
                Label(node.span, f"this is {what[node.kind]}"),
                help="take out what is there with `remove: true`, and add the other to what held it",
            )
            return False
        return True

    def _report_nothing(self, action: _Action) -> None:
        text, reason, help_ = action.target.text, None, None
        for count in range(1, len(action.query.segments) + 1) if action.query.is_singular else ():
            part = Query(action.query.segments[:count], True)
            if select(part, self._root):
                continue
            above = select(Query(part.segments[:-1], True), self._root)[0].node
            before = part.segments[-2].end if count > 1 else 1
            selector = part.segments[-1].selectors[0]
            name = str(selector.at) if isinstance(selector, Index) else getattr(selector, "name", "")
            near = closest(name, above.entries())
            reason = f"there is no `{name}` in `{text[:before].strip()}`"
            help_ = f"did you mean `{near}`?" if near else None
            break
        self._diags.report(
            "BFF508",
            f"this action changes nothing in `{self._root.file.path}`",
            Label(action.target.span, "nothing is there"),
            note=reason,
            help=help_,
        )
