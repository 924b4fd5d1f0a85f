"""Calls over lists: what `for`, `batch`, `items`, `key` and `paginate` make of an answer."""

from __future__ import annotations

import ast
from dataclasses import replace

from bffgen.check import values
from bffgen.check.fit import fit
from bffgen.check.model import CheckedBatch, CheckedEach, CheckedPages
from bffgen.diagnostics.model import Diagnostics, Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr import loops, tree
from bffgen.expr.check import infer
from bffgen.expr.facts import proved
from bffgen.expr.parse import parse_generator, parse_loop
from bffgen.expr.scope import Binding, Context
from bffgen.expr.tree import Role
from bffgen.openapi.model import Operation, Parameter
from bffgen.records import dataclass
from bffgen.source.text import Span
from bffgen.spec import model as spec
from bffgen.typesystem.model import (
    Kind,
    ListType,
    MapType,
    Scalar,
    Type,
    is_nullable,
    non_null,
    nullable,
)
from bffgen.typesystem.names import python_name
from bffgen.typesystem.relations import BROKEN, describe, is_broken, is_never, widen

CONCURRENCY = 8  # items worked on at one time, unless the spec says otherwise
_KEEPING = ("sorted", "unique", "list", "sort_by")  # functions that give no more than they are given


# ---------------------------------------------------------------------------------------------- for


def check_each(written: spec.ForEach, ctx: Context) -> tuple[CheckedEach, Context] | None:
    """`for: x in xs` with its condition, and what one item's expressions see; None after a message."""
    clause = parse_loop(values.source_text(written.clause), ctx.diags)
    if clause is None:
        return None
    parts, parsed = clause
    made = loops.clause(parts.target, parts.iter, parts.ifs, replace(ctx, parsed=parsed), infer)
    if made is None:
        return None
    one, inner = made
    condition = None
    if written.condition is not None:
        condition = values.condition(written.condition, inner)
        inner = inner.with_facts(proved(condition, True))
    source = one.source
    if one.conditions:
        source = _filtered(one, source)
    if written.limit is None and most_items(source) is None:
        shown = parsed.text(parts.iter)
        ctx.diags.report(
            "BFF412",
            "nothing bounds how many items there are",
            Label(source.span, f"as many as the {'backend' if ctx.used else 'client'} likes"),
            help=f"add `limit: 50` (more are an error), or take the first ones: `{shown}[:50]`",
        )
    client_list = not ctx.used
    each = CheckedEach(one.target, source, condition, written.limit, written.concurrency or CONCURRENCY, client_list)
    return each, inner


def unknown_items(written: spec.ForEach, ctx: Context) -> Context:
    """What one item's expressions see of a loop that is wrong: its variables, of which nothing more is said."""
    clause = parse_loop(values.source_text(written.clause), Diagnostics())
    found = [node.id for node in ast.walk(clause[0].target) if isinstance(node, ast.Name)] if clause else []
    return ctx.with_names({name: Binding(Role.LOOP, BROKEN) for name in found})


def in_turn(each: CheckedEach | None, written: spec.ForEach | None, writes: bool) -> CheckedEach | None:
    """The loop; items whose calls write go one after another, unless the spec says otherwise."""
    if each is None or written is None or not writes or written.concurrency is not None:
        return each
    return replace(each, concurrency=1)


def _filtered(one: tree.Clause, source: tree.Expr) -> tree.Expr:
    """`x in xs if c` loops over fewer items: a list of those that are left."""
    target = one.target
    element: tree.Expr = _as_value(target, source.span)
    item = loops.element_type(non_null(source.type)) or BROKEN
    return tree.Loop(tree.LoopKind.LIST, None, element, (one,), False, ListType(item), source.span)


def _as_value(target: tree.Target, span: Span) -> tree.Expr:
    if target.name is not None:
        return tree.Ref(target.name, Role.LOOP, target.type, span)
    return tree.MakeTuple(tuple(_as_value(item, span) for item in target.items), target.type, span)


def most_items(source: tree.Expr) -> int | None:
    """How many items a list has at most; None where neither its document nor the spec says."""
    of = non_null(source.type)
    if isinstance(of, ListType) and of.max_items is not None:
        return of.max_items
    match source:
        case tree.SliceOf(_, start, stop, step):
            return _sliced(start, stop, step)
        case tree.MakeList(items) | tree.MakeTuple(items) | tree.MakeSet(items):
            return len(items)
        case tree.CallFunction("range", args) if all(isinstance(arg, tree.Literal) for arg in args):
            numbers = [arg.value for arg in args if isinstance(arg, tree.Literal)]
            return len(range(*[number for number in numbers if isinstance(number, int)]))
        case tree.CallFunction("default", (first, second, *_)):
            both = [most_items(first), most_items(second)]
            return None if None in both else max(most for most in both if most is not None)
        case tree.CallFunction(name, (first, *_)) if name in _KEEPING or name == "enumerate":
            return most_items(first)
        case tree.Loop(clauses=clauses):
            return _looped([most_items(one.source) for one in clauses])
        case tree.Narrowed(value):
            return most_items(value)
    return None


def _sliced(start: tree.Expr | None, stop: tree.Expr | None, step: int | None) -> int | None:
    """Items of `xs[a:b]` at most; None where the end is open, or counted from the end."""
    if isinstance(start, tree.Negate) and isinstance(start.value, tree.Literal) and stop is None:
        return start.value.value if isinstance(start.value.value, int) else None
    if not isinstance(stop, tree.Literal) or not isinstance(stop.value, int) or stop.value < 0:
        return None
    first = start.value if isinstance(start, tree.Literal) and isinstance(start.value, int) else 0
    return max(0, stop.value - max(first, 0))


def _looped(sizes: list[int | None]) -> int | None:
    product = 1
    for size in sizes:
        if size is None:
            return None
        product *= size
    return product


# ---------------------------------------------------------------------------------------------- batch


def check_batch(written: spec.Batch, ctx: Context) -> tuple[CheckedBatch | None, Context]:
    """`batch: x.id for x in xs`, and what arguments see: `batch`, a list of keys; no batch after a message."""
    unknown = ctx.with_names({"batch": Binding(Role.BATCH, BROKEN, written.span)})
    parsed = parse_generator(values.source_text(written.clause), ctx.diags)
    if parsed is None:
        return None, unknown
    keys = infer(parsed.tree, replace(ctx, parsed=parsed))
    item = loops.element_type(non_null(keys.type))
    if is_broken(keys.type) or (item is not None and is_broken(non_null(item))):
        return None, unknown
    if item is None or is_nullable(keys.type):
        help_ = "write `batch: x.id for x in xs`"
        label = Label(keys.span, describe(keys.type))
        ctx.diags.report("BFF305", "`batch` collects keys from a list", label, help=help_)
        return None, unknown
    key = non_null(item)
    if not isinstance(key, Scalar) and not is_never(key):
        label = Label(keys.span, describe(key))
        ctx.diags.report("BFF305", "`batch` collects scalars", label)
        return None, unknown
    chunk = ListType(key, 1, written.size)
    inner = ctx.with_names({"batch": Binding(Role.BATCH, chunk, written.span)})
    return CheckedBatch(keys, chunk, written.size), inner


# ---------------------------------------------------------------------------------------------- items, key


def check_items(written: spec.Expr | None, reply: Type, ctx: Context) -> tuple[tree.Expr | None, Type]:
    """What the call gives of one answer: the answer, or `items` of it."""
    if written is None:
        return None, reply
    inner = ctx.with_names({"answer": Binding(Role.ANSWER, reply)})
    found = values.expression(written, inner)
    return found, found.type


def no_list(of: Type, call: spec.Call, why: str, ctx: Context) -> None:
    """Say that there is no list, and where one may be."""
    if is_broken(of):
        return
    inner = non_null(of)
    fields = getattr(inner, "fields", {})
    lists = [name for name in fields if isinstance(non_null(fields[name].type), (ListType, MapType))]
    shown = lists[0] if lists and lists[0].isidentifier() else python_name(lists[0]) if lists else None
    ctx.diags.report(
        "BFF414",
        f"`{why}` needs a list, and `{call.name}` answers {describe(of)}",
        Label(call.operation_span, "no list"),
        help=f"add `items: answer.{shown}`" if shown else None,
    )


def check_key(written: spec.Expr, item: Type, ctx: Context) -> tuple[tree.Expr, Type] | None:
    """`key: item.id`: the expression and the type of the keys; None after a message."""
    inner = ctx.with_names({"item": Binding(Role.ITEM, non_null(item), written.node.span)})
    found = values.expression(written, inner)
    if is_broken(found.type):
        return None
    if not loops.is_key(non_null(found.type)):
        label = Label(found.span, describe(found.type))
        ctx.diags.report("BFF305", f"{describe(found.type)} cannot be a key", label)
        return None
    return found, widen(non_null(found.type))


@dataclass(frozen=True, eq=False, slots=True)
class Given:
    """What a call gives when it succeeds: `items` of the answer, by `key` a map; `type` of one item with `for`."""

    type: Type
    items: tree.Expr | None
    key: tree.Expr | None
    by: Type | None  # the type of the keys


def given(call: spec.Entry, reply: Type, ctx: Context) -> Given:
    """The list in the answer, if one is asked for, and what is made of it."""
    if isinstance(call, spec.Block):
        return _given_by_block(call, reply, ctx)
    items, of = check_items(call.items, reply, ctx)
    asks = [name for name, there in (("batch", call.batch), ("paginate", call.paginate)) if there]
    asks += ["key"] if call.key is not None and call.each is None else []
    if call.each is not None:
        made_key = None if call.key is None else check_key(call.key, of, ctx)
        return Given(of, items, *(made_key or (None, None)))
    inner = non_null(of)
    if asks and not isinstance(inner, (ListType, MapType)):
        no_list(of, call, asks[0], ctx)
        return Given(BROKEN, items, None, None)
    if call.batch is not None or call.paginate is not None:
        of = replace(inner, min_items=0, max_items=None) if isinstance(inner, ListType) else inner  # of many answers
    if call.key is None:
        return Given(of, items, None, None)
    element = inner.value if isinstance(inner, MapType) else inner.item if isinstance(inner, ListType) else BROKEN
    found = check_key(call.key, element, ctx)
    if found is None:
        return Given(BROKEN, items, None, None)
    key, by = found
    made = MapType(by, non_null(element))
    return Given(nullable(made) if is_nullable(of) else made, items, key, by)


def _given_by_block(block: spec.Block, value: Type, ctx: Context) -> Given:
    if block.key is None:
        return Given(value, None, None, None)
    if block.each is None:
        ctx.diags.report("BFF414", "`key` needs a list, and a block without `for` has one value", block.key.node.span)
        return Given(BROKEN, None, None, None)
    return Given(value, None, *(check_key(block.key, value, ctx) or (None, None)))


def each_type(call: spec.Entry, item: Type, found: Given) -> Type:
    """The list of all items' results; null stands where `if` was false."""
    if call.each is not None and call.each.condition is not None:
        item = nullable(item)
    if found.by is not None:
        return MapType(found.by, non_null(item))
    return ListType(item)


# ---------------------------------------------------------------------------------------------- pages


def check_pages(
    written: spec.Paginate, call: spec.Call, operation: Operation, reply: Type, ctx: Context
) -> CheckedPages | None:
    """`paginate`, with the parameter that leads on; None after a message."""
    parameter = None
    if written.by != "link":
        parameter = _page_parameter(written, call, operation, ctx)
        if parameter is None:
            return None
    inner = ctx.with_names({"answer": Binding(Role.ANSWER, reply)})
    after = None if written.next is None else values.expression(written.next, inner)
    if after is not None and parameter is not None and not is_broken(after.type):
        wanted = nullable(parameter.type)
        what = f"parameter `{parameter.name}`"
        after = fit(after, wanted, after.span, inner, written.next.text if written.next else "", what)
    until = None if written.until is None else values.condition(written.until, inner)
    start = _start(written, parameter)
    return CheckedPages(written.by, parameter, after, until, written.max_pages, start)


def _page_parameter(written: spec.Paginate, call: spec.Call, operation: Operation, ctx: Context) -> Parameter | None:
    name = written.parameter or ""
    found = [p for p in operation.parameters if name in (p.name, python_name(p.name))]
    if not found:
        near = closest(name, [p.name for p in operation.parameters])
        ctx.diags.report(
            "BFF204",
            f"`{call.backend}.{operation.key}` has no parameter `{name}`",
            Label(written.parameter_span, "no such parameter"),
            help=f"did you mean `{near}`?" if near else None,
        )
        return None
    twice = [a for a in call.arguments if a.name in (found[0].name, python_name(found[0].name))]
    if twice:
        message = f"the parameter `{found[0].name}` is set twice"
        ctx.diags.report("BFF103", message, twice[0].name_span, Label(written.parameter_span, "set for each page"))
        return None
    number = non_null(found[0].type)
    if written.by != "cursor" and not (isinstance(number, Scalar) and number.kind is Kind.INTEGER):
        message = f"`{written.by}` counts, and `{name}` is {describe(number)}"
        ctx.diags.report("BFF301", message, Label(written.parameter_span), Label(found[0].span, "declared here"))
        return None
    return found[0]


def _start(written: spec.Paginate, parameter: Parameter | None) -> int:
    if written.by == "offset":
        return 0
    default = parameter.default if parameter is not None else None
    least = getattr(non_null(parameter.type), "bounds", None) if parameter is not None else None
    if isinstance(default, int) and not isinstance(default, bool):
        return default
    return 0 if least is not None and least.maximum == 0 else 1
