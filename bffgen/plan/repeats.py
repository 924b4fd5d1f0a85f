"""A call that is made several times: for each item of a list, for the keys of many, page by page."""

from __future__ import annotations

import ast

from bffgen.check.lists import CONCURRENCY
from bffgen.check.model import CheckedBatch, CheckedCall, CheckedEach, CheckedEntry, CheckedPages
from bffgen.expr.emit import condition, emit
from bffgen.expr.tree import Not, Role, Target
from bffgen.plan.blocks import in_composing, may_fail
from bffgen.plan.emitted_names import EndpointNames
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.plan.shaping import as_list, by_key, items_type, of_answer
from bffgen.typesystem.model import BOOLEAN, IterType, ListType, MapType, Type, is_nullable, non_null, nullable

Block = list[ast.stmt]


class EachWriter:
    """`for`: an `async def one(item)` and `each(items, one)`. `number` is a local for the item's place in the list."""

    def __init__(self, entry: CheckedEntry, each: CheckedEach, names: EndpointNames, number: str | None) -> None:
        self.entry = entry
        self.each = each
        self.names = names
        self.number = number
        self.function = names.machinery("one")

    def written(self, body: Block) -> tuple[Block, ast.expr]:
        """The function with the body of one item, and all results, awaited."""
        module, each = self.names.module, self.each
        function = self._function(self._skipping() + body)
        source = emit(each.source, self.names)
        before: Block = []
        if may_fail(each.source):
            local = self.names.fresh("items")
            before = in_composing(quote("local = source", local=local, source=source), module)
            source = name(local)
        made = called(
            module.runtime("each", "each"),
            called("enumerate", source) if self.number is not None else source,
            name(self.function),
            limit=constant(each.limit),
            concurrency=constant(each.concurrency) if each.concurrency != CONCURRENCY else None,
            client_list=constant(True) if each.client_list and each.limit is not None else None,
        )
        result: ast.expr = ast.Await(made)
        if self.entry.key is not None:
            result = by_key(self.entry, result, ListType(self.entry.item_type), self.names)
        return before + function, result

    def _function(self, body: Block) -> Block:
        target = self.each.target
        of = self.names.module.annotation(target.type)
        parameter, opened = self._parameter(target)
        if self.number is not None:
            of = code("tuple[int, of]", of=of)
        item = self.entry.item_type
        result = self.names.module.annotation(nullable(item) if self.each.condition is not None else item)
        made = quote(
            "async def function() -> result:\n    body", function=self.function, result=result, body=opened + body
        )
        assert isinstance(made[0], ast.AsyncFunctionDef)
        made[0].args.args.append(ast.arg(parameter, of))
        return made

    def _parameter(self, target: Target) -> tuple[str, Block]:
        """The parameter of the function; several names are taken out of it first."""
        if target.name is not None and self.number is None:
            return self.names.ref(Role.LOOP, target.name), []
        parameter = self.names.machinery("numbered" if self.number is not None else "parts")
        left = self._names_of(target)
        if self.number is not None:
            left = ast.Tuple([ast.Name(self.number, ast.Store()), left], ast.Store())
        return parameter, [ast.Assign([left], name(parameter), lineno=1)]

    def _names_of(self, target: Target) -> ast.expr:
        if target.name is not None:
            return ast.Name(self.names.ref(Role.LOOP, target.name), ast.Store())
        return ast.Tuple([self._names_of(item) for item in target.items], ast.Store())

    def _skipping(self) -> Block:
        if self.each.condition is None:
            return []
        unless = condition(Not(self.each.condition, BOOLEAN, self.entry.span), self.names)
        return quote("if unless:\n    return None", unless=unless)


class BatchWriter:
    """`batch`: an `async def fetch_batch(batch)` and `in_batches(keys, fetch_batch)`."""

    def __init__(self, call: CheckedCall, batch: CheckedBatch, names: EndpointNames) -> None:
        self.call = call
        self.batch = batch
        self.names = names
        self.function = names.machinery("fetch_batch")

    def written(self, prepared: Block, answer: ast.expr) -> tuple[Block, Block, ast.expr]:
        """The function that asks for one chunk of keys; what goes before; and all answers as one, awaited."""
        module, of = self.names.module, items_type(self.call)
        result = module.annotation(non_null(of))
        body = prepared + _list_of_answer(self.call, answer, self.names)
        function = quote("async def function() -> result:\n    body", function=self.function, result=result, body=body)
        assert isinstance(function[0], ast.AsyncFunctionDef)
        function[0].args.args.append(ast.arg("batch", module.annotation(ListType(self.batch.chunk.item))))
        before, keys = self._keys()
        united = "in_batches_map" if isinstance(non_null(of), MapType) else "in_batches"
        made = called(module.runtime("batches", united), keys, name(self.function), size=constant(self.batch.size))
        return function, before, _with_key(self.call, ast.Await(made), self.names)

    def _keys(self) -> tuple[Block, ast.expr]:
        keys = emit(self.batch.keys, self.names)
        if not may_fail(self.batch.keys):
            return [], keys
        local = self.names.fresh("keys")
        listed = called("list", keys) if isinstance(self.batch.keys.type, IterType) else keys
        return in_composing(quote("local = listed", local=local, listed=listed), self.names.module), name(local)


class PagesWriter:
    """`paginate`: an `async def fetch_page(cursor)` and `by_cursor(fetch_page, ...)`."""

    def __init__(self, call: CheckedCall, pages: CheckedPages, names: EndpointNames, parameter: str) -> None:
        self.call = call
        self.pages = pages
        self.names = names
        self.parameter = parameter
        self.function = names.machinery("fetch_page")

    def function_of(self, prepared: Block, answer: ast.expr) -> Block:
        """The function that asks for one page."""
        module = self.names.module
        result = module.annotation(self.call.reply)
        if self.pages.by == "link":
            result = code("Reply[result]", Reply=module.runtime("replies", "Reply"), result=result)
        body = prepared + quote("return answer", answer=answer)
        made = quote("async def function() -> result:\n    body", function=self.function, result=result, body=body)
        assert isinstance(made[0], ast.AsyncFunctionDef)
        made[0].args.args.append(ast.arg(self.parameter, self._annotation()))
        return made

    def _annotation(self) -> ast.expr:
        module = self.names.module
        match self.pages.by:
            case "cursor":
                return module.annotation(nullable(self._cursor()))
            case "link":
                sequence, pair = module.imported("collections.abc", "Sequence"), module.runtime("encode", "Pair")
                return code("Sequence[Pair] | None", Sequence=sequence, Pair=pair)
        return code("int")

    def _cursor(self) -> Type:
        assert self.pages.parameter is not None
        return non_null(self.pages.parameter.type)

    def everything(self) -> ast.expr:
        """The items of all pages, awaited; of maps their entries, put together as one map."""
        pages, names = self.pages, self.names
        is_map = isinstance(non_null(items_type(self.call)), MapType)
        counted = pages.by in ("page", "offset")
        usual = 1 if pages.by == "page" else 0
        made = called(
            names.module.runtime("pages", f"by_{pages.by}"),
            name(self.function),
            items=self._items(is_map),
            following=of_answer(pages.next, names) if pages.next is not None else None,
            until=of_answer(pages.until, names) if pages.until is not None else None,
            max_pages=constant(pages.max_pages),
            first=constant(pages.start) if counted and pages.start != usual else None,
        )
        found: ast.expr = ast.Await(made)
        if is_map:
            found = called(names.module.runtime("lookups", "united"), found)
        return _with_key(self.call, found, names)

    def _items(self, is_map: bool) -> ast.expr:
        """What a page has, as a function of the answer."""
        items = name("answer") if self.call.items is None else emit(self.call.items, self.names)
        if is_map:
            items = called(self.names.module.runtime("lookups", "entries"), items)
        return code("lambda answer: items", items=items)


def _with_key(call: CheckedCall, items: ast.expr, names: EndpointNames) -> ast.expr:
    return items if call.key is None else by_key(call, items, non_null(items_type(call)), names)


def _list_of_answer(call: CheckedCall, answer: ast.expr, names: EndpointNames) -> Block:
    if call.items is None and not is_nullable(call.reply):
        return quote("return answer", answer=answer)
    items = emit(call.items, names) if call.items is not None else name("answer")
    made = quote("answer = value", value=answer)
    return made + quote("return items", items=as_list(items, items_type(call)))
