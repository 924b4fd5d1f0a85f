"""Routes that pass through: which backend, which operations of its document, what they hide."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bffgen.check.access import Accesses
from bffgen.check.passed import CheckedProxy
from bffgen.check.rates import ALL, rate_of
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.openapi.document import Document
from bffgen.openapi.model import Operation
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.spec.proxy import Proxy
from bffgen.spec.routes import parse_template

_VARIABLE = re.compile(r"\{([^{}]*)\}")


def check_proxies(
    written: spec.Spec, documents: Mapping[str, Document], accesses: Accesses, diags: Diagnostics
) -> tuple[CheckedProxy, ...]:
    """The proxies of a spec; those of which a message was made are left out."""
    _shadowed(written, diags)
    found = [_proxy(proxy, written, documents.get(proxy.backend), accesses, diags) for proxy in written.proxies]
    return tuple(proxy for proxy in found if proxy is not None)


def _proxy(
    proxy: Proxy, written: spec.Spec, document: Document | None, accesses: Accesses, diags: Diagnostics
) -> CheckedProxy | None:
    if proxy.backend not in written.backends:
        near = closest(proxy.backend, written.backends)
        help_ = f"did you mean `{near}`?" if near else None
        label = Label(proxy.backend_span, "not declared under `backends`")
        diags.report("BFF201", f"unknown backend `{proxy.backend}`", label, help=help_)
        return None
    to = _target(proxy, diags)
    if document is None or to is None:
        return None
    methods = tuple(method for method, _ in proxy.methods)
    there = [one for one in document.operations() if reaches(to, one.path)]
    known = tuple(one for one in there if is_allowed(one, methods))
    if not known and proxy.allow == "documented":
        _undocumented(proxy, to, sorted({one.method for one in there}), diags)
        return None
    operations = known if proxy.allow == "documented" else None
    access, rate = accesses.of(proxy.security), rate_of(None, written.rate_limit, ALL)
    return CheckedProxy(proxy.path, to, proxy.backend, methods, operations, known, proxy.span, access, rate)


def _undocumented(proxy: Proxy, to: str, methods: list[str], diags: Diagnostics) -> None:
    help_ = f"write `methods: [{', '.join(methods)}]`"
    if not methods:
        help_ = "say where it goes: `to: /v2/{path}`" if proxy.to is None else "let everything through: `allow: any`"
    where, what = (proxy.methods[0][1], "not there") if methods else (proxy.span, f"no operation at `{to}`")
    if not methods and proxy.to_node is not None:
        where = proxy.to_node.span
    message = f"backend `{proxy.backend}` documents nothing that `{proxy.path}` reaches"
    diags.report("BFF202", message, Label(where, what), help=help_)


def is_allowed(operation: Operation, methods: tuple[str, ...]) -> bool:
    """Whether an operation can be reached by one of the methods: a GET by HEAD, too."""
    return operation.method in methods or (operation.method == "GET" and "HEAD" in methods)


def _target(proxy: Proxy, diags: Diagnostics) -> str | None:
    """The backend's template, with the tail of the route; None after a message (BFF211)."""
    if proxy.to is None or proxy.to_node is None:
        return proxy.path
    route = parse_template(proxy.to)
    mine = set(getattr(route, "variables", ()))
    for name in sorted(mine ^ set(proxy.variables)):
        where = "the route" if name in mine else "`to`"
        near = f"the route has {_list(proxy.variables)}" if proxy.variables else "the route has no variables"
        label = Label(proxy.to_node.span, near)
        diags.report("BFF211", f"`{{{name}}}` does not stand in {where}", label, help="both have the same variables")
        return None
    tail = re.search(r"\{(\w+):path\}\Z", proxy.path)
    if tail is None:
        return proxy.to
    if not re.search(rf"/\{{{tail[1]}(:path)?\}}\Z", proxy.to):
        label = Label(proxy.to_node.span, "it holds slashes")
        diags.report("BFF211", f"`{{{tail[1]}}}` is the end of the path", label, help=f"end `to` in `/{{{tail[1]}}}`")
        return None
    return re.sub(rf"\{{{tail[1]}(:path)?\}}\Z", f"{{{tail[1]}:path}}", proxy.to)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{{{name}}}`" for name in names)


def reaches(to: str, path: str) -> bool:
    """Whether requests to `to` may be requests to the document's `path`."""
    return captured(to, path) is not None


def captured(to: str, path: str) -> dict[str, str] | None:
    """What the variables of `to` stand for where it is the document's `path`, a template itself; else None."""
    wanted, given = to.split("/"), path.split("/")
    found: dict[str, str] = {}
    for at, segment in enumerate(wanted):
        if segment.endswith(":path}"):
            rest = "/".join(given[at:])
            return found | {segment[1:-6]: rest} if len(given) > at and rest else None
        if at >= len(given):
            return None
        if (inside := _segment(segment, given[at])) is None:
            return None
        found |= inside
    return found if len(wanted) == len(given) else None


def _segment(wanted: str, given: str) -> dict[str, str] | None:
    """The variable of one segment; a variable of the document's stands for anything."""
    parts = _VARIABLE.split(wanted)
    if len(parts) == 1:
        return {} if wanted == given else None
    before, name, after = parts
    fits = given.startswith(before) and given.endswith(after) and len(given) > len(before) + len(after)
    return {name: given[len(before) : len(given) - len(after)]} if fits else None


def _shadowed(written: spec.Spec, diags: Diagnostics) -> None:
    """A proxy that is never reached: an endpoint or a proxy above it answers the same requests (BFF403)."""
    seen: dict[tuple[str, str], Span] = {}
    for endpoint in written.endpoints:
        seen.setdefault((endpoint.method, _shape(endpoint.path)), endpoint.span)
    for proxy in written.proxies:
        for method, span in proxy.methods:
            first = seen.setdefault((method, _shape(proxy.path)), proxy.span)
            if first is not proxy.span:
                message = f"`{method} {proxy.path}` answers the same requests as another route"
                labels = Label(span, "never passes through"), Label(first, "the first one")
                diags.report("BFF403", message, *labels)


def _shape(path: str) -> str:
    return re.sub(r"\{[^{}]*:path\}", "{*}", re.sub(r"\{[^{}:]*\}", "{}", path))
