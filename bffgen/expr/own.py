"""Calls of what a spec declares itself: shapes, and functions of the user's."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bffgen.diagnostics.model import Label
from bffgen.diagnostics.suggest import closest
from bffgen.expr import tree
from bffgen.expr.scope import Context, Parameter, Signature, broken
from bffgen.typesystem.relations import describe

Infer = Callable[[ast.expr, Context], tree.Expr]


def call_own(signature: Signature, node: ast.Call, ctx: Context, infer: Infer) -> tree.Expr:
    """The call of a shape or function, its arguments checked against the parameters."""
    ctx.names.add(signature.name)
    if signature.is_broken:
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            infer(argument, ctx)
        return broken(ctx.span(node))
    bound = _bind(signature, node, ctx)
    args: list[tuple[str, tree.Expr]] = []
    for parameter, written in bound:
        value = infer(written, ctx)
        why = Label(parameter.span, f"{describe(parameter.type)} expected") if parameter.span else None
        what = f"`{parameter.name}` of `{signature.name}`"
        args.append(
            (
                parameter.name,
                ctx.scope.fit(value, parameter.type, ctx.span(written), ctx, ctx.text(written), what, why),
            )
        )
    given = {name for name, _ in args}
    if missing := [p for p in signature.parameters if p.required and p.name not in given]:
        if len(bound) == len(node.args) + len(node.keywords):  # else one may have been meant that was reported
            _missing(signature, missing, node, ctx)
    made = tree.CallShape if signature.kind == "shape" else tree.CallUser
    return made(signature.name, tuple(args), signature.result, ctx.span(node))


def _bind(signature: Signature, node: ast.Call, ctx: Context) -> list[tuple[Parameter, ast.expr]]:
    """Which argument is which parameter, in the order of the parameters; what fits none is reported."""
    found: dict[str, ast.expr] = {}
    positional = [parameter for parameter in signature.parameters if parameter.positional]
    for at, argument in enumerate(node.args):
        if isinstance(argument, ast.Starred):
            ctx.error("BFF114", argument, "an expression cannot have a `*`", "not in the language")
        elif at < len(positional):
            found[positional[at].name] = argument
        else:
            ctx.error("BFF306", argument, _takes(signature), "one too many", _declared(signature))
            break
    names = {parameter.name for parameter in signature.parameters}
    for keyword in node.keywords:
        if keyword.arg is None:
            ctx.error("BFF114", keyword, "an expression cannot have `**`", "not in the language")
        elif keyword.arg in found:
            ctx.error("BFF306", keyword, f"`{keyword.arg}` of `{signature.name}` is given twice", "again here")
        elif keyword.arg in names:
            found[keyword.arg] = keyword.value
        else:
            _unknown(signature, keyword.arg, keyword, ctx)
    return [(p, found[p.name]) for p in signature.parameters if p.name in found]


def _unknown(signature: Signature, name: str, keyword: ast.keyword, ctx: Context) -> None:
    near = closest(name, [parameter.name for parameter in signature.parameters])
    ctx.error(
        "BFF306",
        ctx.name_span(keyword),
        f"`{signature.name}` has no parameter `{name}`",
        "not a parameter",
        _declared(signature),
        note=None if near else _takes(signature),
        help=f"did you mean `{near}`?" if near else None,
    )


def _missing(signature: Signature, missing: list[Parameter], node: ast.Call, ctx: Context) -> None:
    names = ", ".join(f"`{parameter.name}`" for parameter in missing)
    message = f"`{signature.name}` needs {names}"
    shown = f"{signature.name}({', '.join(f'{p.name}=...' for p in signature.parameters if p.required)})"
    ctx.error("BFF306", node, message, "not given", _declared(signature), help=f"write `{shown}`")


def _takes(signature: Signature) -> str:
    names = ", ".join(f"`{parameter.name}`" for parameter in signature.parameters)
    return f"`{signature.name}` takes {names or 'nothing'}"


def _declared(signature: Signature) -> Label:
    return Label(signature.span, "declared here")
