"""`on_error`: what each failure of a call becomes."""

from __future__ import annotations

from bffgen.check import values
from bffgen.check.model import Action, AnswerWith, CheckedReaction, FailWith, PassOn, Use, UseOther
from bffgen.check.operations import failure_body
from bffgen.check.templates import template
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.retarget import retarget
from bffgen.expr.scope import Binding, Context
from bffgen.expr.tree import Role
from bffgen.expr.walk import walk
from bffgen.openapi.model import Operation
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import INTEGER, NULL, Field, Kind, ObjectType, Scalar, Type, non_null, nullable
from bffgen.typesystem.relations import assign

KINDS = ("status", *spec.FAILURE_KINDS)


def check_reactions(
    call: spec.Entry, operation: Operation | None, reply: Type, ctx: Context
) -> tuple[CheckedReaction, ...]:
    """The table, the most specific entry first: status, kind, class, else."""
    found = [_entry(entry, call, operation, reply, ctx) for entry in call.on_error]
    _never(call, ctx.diags)
    return tuple(sorted(found, key=lambda reaction: _rank(reaction.when)))


def _rank(when: int | str) -> int:
    if isinstance(when, int):
        return 0
    return {"else": 3, "4xx": 2, "5xx": 2}.get(when, 1)


def _entry(
    entry: spec.OnErrorEntry, call: spec.Entry, operation: Operation | None, reply: Type, ctx: Context
) -> CheckedReaction:
    body = NULL if operation is None else failure_body(operation, entry.when)
    inner = ctx.with_names({"error": Binding(Role.ERROR, error_type(entry.when, body))})
    action = _action(entry, call, operation, reply, inner)
    return CheckedReaction(entry.when, action, body if _reads_body(action) else None)


def _reads_body(action: Action) -> bool:
    match action:
        case Use(value):
            roots: list[tree.Expr | None] = [value]
        case AnswerWith(_, detail, extra, body):
            roots = [detail, body, *(value for _, value in extra)]
        case _:
            return False
    nodes = [node for root in roots if root is not None for node in walk(root)]
    fields = [node for node in nodes if isinstance(node, tree.FieldOf) and _is_error(node.base)]
    wholes = sum(map(_is_error, nodes)) > len(fields)  # `error` itself, and so its body
    return wholes or any(field.name == "body" for field in fields)


def _is_error(node: tree.Expr) -> bool:
    return isinstance(node, tree.Ref) and node.role is Role.ERROR


def error_type(when: int | str, body: Type) -> ObjectType:
    """`error` in an entry: kind, status and the documented body."""
    status = INTEGER if isinstance(when, int) or when in ("4xx", "5xx") else nullable(INTEGER)
    if when in spec.FAILURE_KINDS:
        status = NULL if when not in ("invalid", "refused") else nullable(INTEGER)

    fields = {
        "kind": Field("kind", Scalar(Kind.TEXT, KINDS), True),
        "status": Field("status", status, True),
        "body": Field("body", body, True),
    }
    return ObjectType("error", None, lambda: fields)


def _action(
    entry: spec.OnErrorEntry, call: spec.Entry, operation: Operation | None, reply: Type, ctx: Context
) -> Action:
    match entry.reaction:
        case spec.Fail():
            return FailWith()
        case spec.UseCall(name, span):
            return _other(name, span, call, ctx)
        case spec.Default(value):
            return Use(_default(value, reply, ctx))
        case spec.Pass(span):
            return PassOn(()) if operation is None else _pass(entry, operation, span, ctx.diags)
        case spec.Answer(status, detail, extra, body):
            return AnswerWith(
                status,
                None if detail is None else template(detail, ctx),
                tuple((name, values.value(value, ctx)) for name, value in extra.items()),
                None if body is None else values.value(body, ctx),
            )


def _other(name: str, span: Span, call: spec.Entry, ctx: Context) -> Action:
    """`use: other`: the name of another call of the same scope."""
    found = ctx.scope.find(name) if name != call.name else None
    if found is not None and found.role is Role.CALL and found.needs == name:
        return UseOther(name)
    # names alone: to ask what the others are would make this call wait for them
    near = closest(name, [other for other in ctx.scope.names() if other != call.name])
    help_ = f"did you mean `{near}`?" if near else None
    what = "the call cannot take its own place" if name == call.name else "not a call of this scope"
    ctx.diags.report("BFF205", f"`use` needs another call, and finds `{name}`", Label(span, what), help=help_)
    return FailWith()


def _default(written: spec.Value, reply: Type, ctx: Context) -> tree.Expr:
    """A value in place of the answer: an object as the reply's own, else whatever it is (the types join)."""
    inner = non_null(reply)
    if isinstance(written, spec.ObjectValue) and written.loop is None and isinstance(inner, ObjectType):
        return values.typed_object(written, inner, ctx, partial=True)
    found = values.value(written, ctx)
    made_here = isinstance(found, (tree.MakeList, tree.MakeObject, tree.MakeMap))
    return retarget(found, reply) if made_here and assign(found.type, reply) is None else found


def _pass(entry: spec.OnErrorEntry, operation: Operation, span: object, diags: Diagnostics) -> PassOn:
    """The statuses that the entry may pass on, with their documented bodies."""
    bodies: list[tuple[int | str, Type | None]] = []
    if isinstance(entry.when, int) and (found := operation.failure(entry.when)) is not None:
        bodies.append((entry.when, found.type))  # a document may say `4XX` for all of them
    for response in operation.responses:
        status = response.status
        is_class = isinstance(entry.when, str) and entry.when.endswith("xx")
        fits = (is_class and str(entry.when)[0] == str(status)[0]) or (entry.when == "else" and str(status)[0] in "45")
        if fits:
            bodies.append((status, response.type))
    if not bodies:
        where, own = entry.span, entry.when if isinstance(entry.when, int) else 502
        diags.report(
            "BFF407",
            f"`{operation.key}` documents no body for `{entry.when}`",
            Label(where, "nothing to pass on"),
            help=f"answer a problem of your own: `{{status: {own}, detail: a sentence}}`",
        )
    return PassOn(tuple(bodies))


def _never(call: spec.Entry, diags: Diagnostics) -> None:
    """An entry for a success can never apply (BFF407)."""
    seen: dict[int | str, spec.OnErrorEntry] = {}
    for entry in call.on_error:
        if isinstance(entry.when, int) and 200 <= entry.when < 300:
            diags.report("BFF407", f"`{entry.when}` is not a failure", Label(entry.span, "never applies"))
        seen[entry.when] = entry
