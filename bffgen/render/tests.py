"""The emitted tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bffgen.plan.auth import SecretPlan
from bffgen.plan.lines import plan_text
from bffgen.plan.model import EndpointPlan, GatewayPlan
from bffgen.plan.quote import called, code, constant
from bffgen.plan.trials.model import (
    EndpointTests,
    ExampleCase,
    FailureCase,
    ProxyCase,
    RefusalCase,
    SampleForm,
    SampleReply,
    SampleRequest,
    Script,
)
from bffgen.render.auth import secrets_view
from bffgen.render.code import Code, docstring, expression, identifier, joined, literal, module_name
from bffgen.render.environment import render
from bffgen.render.security import caller_view, security_tests
from bffgen.render.views import View

_FAULTS = {"timeout": "SLOW", "unreachable": "UNREACHABLE", "invalid": "GARBLED"}
_NAMES = ("GARBLED", "NOTHING", "SLOW", "UNREACHABLE", "Reply", "Request")


def test_files(plan: GatewayPlan) -> Iterator[tuple[str, Code]]:
    """The tests of the project, by path."""
    settings = [
        {"name": identifier(f"{backend.attribute}_url"), "value": literal(f"http://{backend.attribute}.test")}
        for backend in plan.backends
    ]
    security = caller_view(plan) if plan.security is not None else None
    issuers, clients = (security["issuers"], security["clients"]) if security is not None else ([], [])
    settings += [{"name": identifier("rate_limits"), "value": literal(False)}] if plan.limits else []
    settings += [{"name": identifier(f"{one['name']}_jwks"), "value": one["jwks"]} for one in issuers]
    keyed = [one.name for one in plan.security.schemes if one.tokens is None] if plan.security is not None else []
    settings += [{"name": identifier(f"{name}_keys"), "value": _keys_of(name)} for name in keyed]
    auths = [one.auth for backend in plan.backends for one in backend.auth.clients if one.auth is not None]
    token_urls = [identifier(auth.token_url) for auth in auths if auth.token_url is not None]
    settings += [{"name": url, "value": literal("http://tokens.test/token")} for url in token_urls]
    settings += [{"name": identifier(one.field), "value": _stand_in(one)} for one in plan.secrets]
    auth = {**secrets_view(plan), "token_urls": token_urls}
    auth["exchange"] = security is None and any(one.auth.kind == "token_exchange" for one in auths)
    yield "tests/__init__.py", render("tests/__init__.py.jinja")
    yield "tests/conftest.py", render("tests/conftest.py.jinja")
    yield "tests/documented.py", render("tests/documented.py.jinja")
    known = {"security": security, "issuers": issuers, "clients": clients}
    gateway = {"package": identifier(plan.package), "settings": settings, "forms": plan.multipart, **auth, **known}
    yield "tests/gateway.py", render("tests/gateway.py.jinja", **gateway)
    if any(endpoint.tests.examples for endpoint in plan.endpoints):
        yield "tests/examples.py", render("tests/examples.py.jinja", package=identifier(plan.package))
    operations = [literal((one.label, one.backend, one.method, one.pattern)) for one in plan.operations]
    yield (
        "tests/data.py",
        render("tests/data.py.jinja", operations=operations, forms=plan.multipart, security=security is not None),
    )
    for endpoint in plan.endpoints:
        name = module_name(endpoint.tests.module)
        yield f"tests/{name}.py", render("tests/test_endpoint.py.jinja", **_view(endpoint))
    if security is not None:
        yield "tests/tokens.py", render("tests/tokens.py.jinja", **security)
        if security["issuers"]:
            yield "tests/issuers.py", render("tests/issuers.py.jinja", **security)
        if security["clients"]:
            yield "tests/clients.py", render("tests/clients.py.jinja", **security)
        if any(endpoint.gates.ways for endpoint in plan.endpoints):
            yield "tests/test_security.py", render("tests/test_security.py.jinja", **security_tests(plan, _request))
    cases = [proxy.case for proxy in plan.proxies if proxy.case is not None]
    if cases:
        passing = [expression(ast.Tuple([_proxied(case, case.path), _data(case.label)], ast.Load())) for case in cases]
        unknown = [expression(_proxied(case, case.unknown)) for case in cases if case.unknown is not None]
        yield "tests/test_proxies.py", render("tests/test_proxies.py.jinja", passing=passing, unknown=unknown)


def _proxied(case: ProxyCase, path: str) -> ast.expr:
    return _request_tree(SampleRequest(case.method, path, (), None, False, case.by))


def _keys_of(scheme: str) -> Code:
    """What a scheme's clients are set to in the tests."""
    return expression(called("SecretStr", code("CLIENTS[key].setting", key=constant(scheme))))


def _stand_in(secret: SecretPlan) -> Code:
    return expression(called("SecretStr", constant("not-a-secret")) if secret.secret else constant("gateway"))


def _view(endpoint: EndpointPlan) -> View:
    tests = endpoint.tests
    return {
        "title": docstring(plan_text(endpoint.method, endpoint.path, ())),
        "names": joined([identifier(name) for name in _NAMES if name in _used(tests)], ", "),
        "method": literal(endpoint.method),
        "path": literal(tests.path),
        "request": _request(tests.request),
        "replies": _replies(tests.replies),
        "statuses": {"code": literal(set(tests.statuses)), "comment": len(tests.statuses) > 1},
        "never_degraded": tests.whole,
        "actual": _actual(tests),
        "streams": tests.streams and tests.has_expected,
        "expected": expression(_data(tests.expected)) if tests.has_expected else None,
        "vague": tests.has_expected and _is_vague(tests.expected),
        "head": _request(_as_head(tests.request)) if endpoint.method == "GET" else None,
        "newer": _replies(tests.newer) if tests.newer else None,
        "invalid": _request(tests.invalid) if tests.invalid is not None else None,
        "refusals": [_refusal(case) for case in tests.refusals],
        "failures": [_failure(case) for case in tests.failures],
        "meetings": [_meeting(group, at) for at, group in enumerate(tests.meetings)],
        "times": tests.cancelled is not None,
        "cancelled": _cancelled(tests),
        "examples": [_example(case) for case in tests.examples],
        "scripted": any(script.calls for case in tests.examples for _, script in case.replies),
    }


def _is_vague(data: object) -> bool:
    """Whether type checkers cannot tell what it is: something in it is empty."""
    if isinstance(data, (list, dict)):
        return not data or any(map(_is_vague, data.values() if isinstance(data, dict) else data))
    return False


def _actual(tests: EndpointTests) -> Code:
    """What of the answer is compared with what is expected."""
    if isinstance(tests.expected, bytes):
        return expression(code("response.content"))
    return expression(code("items(response)" if tests.streams else "response.json()"))


def _used(tests: EndpointTests) -> set[str]:
    """What the tests take from `data`."""
    faults = {_FAULTS[case.fault] for case in tests.failures if isinstance(case.fault, str)}
    examples = {_FAULTS[reply] for reply in _example_replies(tests) if isinstance(reply, str)}
    nothing = {"NOTHING"} if any(not case.has_expected for case in tests.examples) else set[str]()
    return {"Reply", "Request"} | faults | examples | nothing


def _example_replies(tests: EndpointTests) -> Iterator[SampleReply | str]:
    for case in tests.examples:
        for _, script in case.replies:
            yield script.otherwise
            yield from (reply for _, replies in script.calls for reply in replies)


def _as_head(request: SampleRequest) -> SampleRequest:
    return replace(request, method="HEAD")


def _request(request: SampleRequest) -> Code:
    return expression(_request_tree(request))


def _request_tree(request: SampleRequest) -> ast.expr:
    options = {"headers": _data(dict(request.headers)) if request.headers else None}
    if request.has_body:
        match request.body:
            case bytes():
                options["raw"] = _data(request.body)
            case SampleForm(fields):
                options["form"] = ast.List([_pair(*field) for field in fields], ast.Load())
            case _:
                options["body"] = _data(request.body)
    if request.by:
        options["by"] = _data(request.by)
        options["claims"] = _data(dict(request.claims)) if request.claims else None
    return called("Request", _data(request.method), _data(request.url), **options)


def _pair(field: str, value: str | bytes) -> ast.expr:
    return ast.Tuple([_data(field), _data(value)], ast.Load())


def _reply_tree(reply: SampleReply) -> ast.expr:
    made = called(
        "Reply",
        _data(reply.status),
        headers=_data(dict(reply.headers)) if reply.headers else None,
        media_type=_data(reply.media_type) if reply.media_type != "application/json" else None,
    )
    if reply.has_body and isinstance(reply.body, bytes):
        made.keywords.append(ast.keyword("raw", _data(reply.body)))
    elif reply.has_body:
        made.args.append(_data(reply.body))
    return made


def _replies(replies: Sequence[tuple[str, SampleReply]]) -> Code:
    """A dictionary of replies by operation."""
    return expression(ast.Dict([_data(label) for label, _ in replies], [_reply_tree(reply) for _, reply in replies]))


def _data(value: object) -> ast.expr:
    """JSON data as a tree."""
    if isinstance(value, dict):
        return ast.Dict([_data(key) for key in value], [_data(one) for one in value.values()])
    if isinstance(value, list):
        return ast.List([_data(one) for one in value], ast.Load())
    return ast.parse(literal(value), mode="eval").body


def _failure(case: FailureCase) -> View:
    fault = case.fault
    return {
        "operation": literal(case.operation),
        "fault": identifier(_FAULTS[fault]) if isinstance(fault, str) else expression(_reply_tree(fault)),
        "statuses": literal(set(case.statuses)),
        "degraded": literal(case.degraded),
    }


def _refusal(case: RefusalCase) -> View:
    [status] = case.statuses
    return {"request": _request(case.request), "replies": _replies(case.replies), "status": status}


def _example(case: ExampleCase) -> View:
    labels = [_data(label) for label, _ in case.replies]
    replies = ast.Dict([*labels], [_script_tree(script) for _, script in case.replies])
    return {
        "name": literal(case.name),
        "request": _request(case.request),
        "replies": expression(replies),
        "status": case.status,
        "body": expression(_data(case.expected)) if case.has_expected else identifier("NOTHING"),
        "exact": literal(case.exact),
    }


def _script_tree(script: Script) -> ast.expr:
    """`Reply(...)`, or `Scripted(..., calls={"product": [Reply(...)]})`."""
    made = _answer_tree(script.otherwise)
    if not script.calls or not isinstance(made, ast.Call):
        return made
    names = [_data(path) for path, _ in script.calls]
    lists = [ast.List([_answer_tree(reply) for reply in replies], ast.Load()) for _, replies in script.calls]
    return ast.Call(ast.Name("Scripted", ast.Load()), made.args, [*made.keywords, _keyword("calls", names, lists)])


def _keyword(name: str, keys: Sequence[ast.expr], values: Sequence[ast.expr]) -> ast.keyword:
    return ast.keyword(name, ast.Dict([*keys], [*values]))


def _answer_tree(reply: SampleReply | str) -> ast.expr:
    return ast.Name(_FAULTS[reply], ast.Load()) if isinstance(reply, str) else _reply_tree(reply)


def _meeting(group: Sequence[str], at: int) -> View:
    suffix = identifier(f"_{at + 1}") if at else joined([])
    return {"operations": literal(set(group)), "suffix": suffix}


def _cancelled(tests: EndpointTests) -> View | None:
    if tests.cancelled is None:
        return None
    first, second, seconds = tests.cancelled
    return {"first": literal(first), "second": literal(second), "seconds": literal(seconds)}
