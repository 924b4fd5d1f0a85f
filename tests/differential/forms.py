"""The forms of expressions: each step of a growth puts some of its pool together in one of them."""

from __future__ import annotations

from collections.abc import Callable

from bffgen.expr.facts import proved
from bffgen.typesystem.model import (
    BOOLEAN,
    DATE,
    INTEGER,
    NUMBER,
    TEXT,
    IterType,
    Kind,
    ListType,
    MapType,
    ObjectType,
    Scalar,
    SetType,
    Type,
    Union,
    Unknown,
    is_nullable,
    non_null,
)
from bffgen.typesystem.relations import assign, objects_in

from .grow import (
    Growth,
    Is,
    access,
    answerable,
    boolean,
    day,
    key,
    kind,
    list_of,
    listed,
    literal,
    moment,
    null,
    number,
    ordered,
    spelled,
    text,
    typed,
)

Step = Callable[[Growth], tuple[str, bool] | None]


# ---------------------------------------------------------------------------------------------- reading


def _field(g: Growth) -> tuple[str, bool] | None:
    base = g.find(lambda of: any(True for _ in objects_in(of)))
    if base is None:
        return None
    names = sorted({n for o in objects_in(base.type) for n in o.fields})
    return (f"{base.inner}{access(g.dice.one(names))}", True) if names else None


def _element(g: Growth) -> tuple[str, bool] | None:
    base = g.find(lambda of: listed(non_null(of)) or text(of))
    index = g.find(lambda of: kind(Kind.INTEGER)(non_null(of))) if g.dice.chance(30) else None
    if base is None:
        return None
    return f"{base.inner}[{index.text if index else g.dice.one(['0', '-1', '1', '2', '-2'])}]", True


def _entry(g: Growth) -> tuple[str, bool] | None:
    base = g.find(lambda of: isinstance(non_null(of), MapType))
    if base is None:
        return None
    found = non_null(base.type)
    wanted = found.key if isinstance(found, MapType) else TEXT
    index = g.find(lambda of: assign(non_null(of), wanted) is None) if g.dice.chance(60) else None
    return f"{base.inner}[{index.text if index else literal(g.dice, wanted)}]", True


def _slice(g: Growth) -> tuple[str, bool] | None:
    base = g.find(lambda of: listed(non_null(of)) or text(non_null(of)))
    if base is None:
        return None
    end = g.find(kind(Kind.INTEGER))
    forms = ["[:2]", "[1:]", "[-2:]", "[::2]", "[::-1]", f"[:{end.text if end else 3}]", "[1:-1]", "[5:]"]
    return f"{base.inner}{g.dice.one(forms)}", True


_METHODS = [
    (text, [".lower()", ".upper()", ".strip()", ".title()", '.split(",")', '.split(" ")', '.startswith("a")']),
    (text, ['.endswith("b")', '.replace("a", "bb")', '.strip("ab")', '.replace("", "-")']),
    (moment, [".isoformat()", ".date()", '.strftime("%Y-%m-%d %H:%M")', '.strftime("%d.%m.%y")']),
    (day, [".isoformat()", '.strftime("%d %b")', '.strftime("%j")']),
]


def _method(g: Growth) -> tuple[str, bool] | None:
    of, forms = g.dice.one(_METHODS)
    base = g.find(lambda found: of(non_null(found)))
    return None if base is None else (f"{base.inner}{g.dice.one(forms)}", True)


# ---------------------------------------------------------------------------------------------- operators


def _arithmetic(g: Growth) -> tuple[str, bool] | None:
    left = g.find(number)
    if left is None:
        return None
    right = g.find(number) if g.dice.chance(60) else None
    other = right.inner if right is not None else g.dice.one(["2", "1", "0.5", "10", "3", "0"])
    pair = (left.inner, other) if g.dice.chance(80) else (other, left.inner)
    return f"{pair[0]} {g.dice.one(['+', '-', '*', '/', '//', '%'])} {pair[1]}", False


def _sum_of_texts(g: Growth) -> tuple[str, bool] | None:
    left = g.find(lambda of: text(of) or listed(of))
    right = g.find(text if left is not None and text(left.type) else listed)
    return None if left is None or right is None else (f"{left.inner} + {right.inner}", False)


def _dates(g: Growth) -> tuple[str, bool] | None:
    of = g.dice.one([moment, day])
    left, right = g.find(of), g.find(of)
    if left is None or right is None:
        return None
    count = g.find(kind(Kind.INTEGER)) if g.dice.chance(25) else None
    step = (
        f"{g.dice.one(['days', 'hours', 'minutes'])}({count.text if count else g.dice.one(['1', '30', '1.5', '-7'])})"
    )
    shifted = f"{left.inner} {g.dice.one(['+', '-'])} {step}"
    compared = f"{left.inner} - {right.inner} {g.dice.one(['<', '>='])} {step}"
    return g.dice.one([shifted, shifted, compared, f"abs({left.inner} - {right.inner}) > {step}"]), False


def _now(g: Growth) -> tuple[str, bool] | None:
    found = g.find(lambda of: moment(of) or day(of))
    if found is None:
        return g.dice.one([("len(str(uuid4()))", True), ("uuid4() != uuid4()", False), ("now() == now()", False)])
    return f"{found.inner} {g.dice.one(['<', '>='])} {'now()' if moment(found.type) else 'today()'}", False


def _compare(g: Growth) -> tuple[str, bool] | None:
    left = g.find(lambda of: ordered(of))
    if left is None:
        return None
    right = g.find(lambda of: isinstance(of, Scalar) and of.kind is getattr(left.type, "kind", None))
    other = right.inner if right is not None and g.dice.chance(50) else literal(g.dice, left.type)
    return f"{left.inner} {g.dice.one(['<', '<=', '>', '>=', '=='])} {other}", False


def _equal(g: Growth) -> tuple[str, bool] | None:
    left = g.find(
        lambda of: isinstance(non_null(of), Scalar) or (isinstance(of, ListType | ObjectType) and g.dice.chance(20))
    )
    if left is None:
        return None
    same = g.find(lambda of: non_null(of) == non_null(left.type)) if g.dice.chance(50) else None
    other = same.inner if same is not None else literal(g.dice, left.type)
    return f"{left.inner} {g.dice.one(['==', '!='])} {other}", False


def _among(g: Growth) -> tuple[str, bool] | None:
    holder = g.find(lambda of: listed(of) or isinstance(of, MapType) or text(of))
    if holder is None or g.dice.chance(30):
        one = g.find(lambda of: key(non_null(of)))
        if one is None:
            return None
        brackets = g.dice.one(["[]", "()", "{}"])
        members = ", ".join(literal(g.dice, one.type) for _ in range(2))
        return f"{one.inner} {g.dice.one(['in', 'not in'])} {brackets[0]}{members}{brackets[1]}", False
    wanted = getattr(holder.type, "item", getattr(holder.type, "key", TEXT))
    one = g.find(lambda of: non_null(of) == non_null(wanted))
    member = one.inner if one is not None else literal(g.dice, wanted)
    return f"{member} {g.dice.one(['in', 'not in'])} {holder.inner}", False


def _null_test(g: Growth) -> tuple[str, bool] | None:
    found = g.find(null)
    return None if found is None else (f"{found.inner} is {g.dice.one(['not None', 'None'])}", False)


def _logic(g: Growth) -> tuple[str, bool] | None:
    parts = [g.find(lambda of: boolean(non_null(of))) for _ in range(g.dice.number(2, 3))]
    if any(part is None for part in parts):
        return None
    joined = f" {g.dice.one(['and', 'or'])} ".join(part.inner for part in parts if part)
    return (f"not ({joined})" if g.dice.chance(25) else joined), False


def _choice(g: Growth) -> tuple[str, bool] | None:
    known = g.knowing()
    if known is None:
        return None
    test, sub = known
    grow(sub, g.dice.number(0, 2))
    then = sub.find(lambda of: not isinstance(of, IterType | SetType))
    if then is None:
        return None
    other = g.fitting(then.type) if g.dice.chance(40) else None
    written = other.inner if other is not None else g.dice.one(["None", literal(g.dice, then.type)])
    return f"{then.inner} if {test} else {written}", False


def _guarded(g: Growth) -> tuple[str, bool] | None:
    """`x is not None and x.y > 1`."""
    known = g.knowing()
    if known is None:
        return None
    test, sub = known
    grow(sub, g.dice.number(1, 3))
    then = sub.find(boolean)
    return None if then is None else (f"{test} and {then.inner}", False)


def _default(g: Growth) -> tuple[str, bool] | None:
    value = g.find(null)
    if value is None:
        return None
    other = g.fitting(non_null(value.type)) if g.dice.chance(40) else None
    if other is None and isinstance(non_null(value.type), ObjectType | Union | Unknown):
        return None
    return f"default({value.text}, {other.text if other is not None else literal(g.dice, value.type)})", True


# ---------------------------------------------------------------------------------------------- making


def _negated(g: Growth) -> tuple[str, bool] | None:
    found = g.find(number)
    return None if found is None else (f"-{found.inner}", False)


def _spelling(g: Growth) -> tuple[str, bool] | None:
    parts = [g.find(spelled) for _ in range(g.dice.number(1, 3))]
    if any(one is None or "'" in one.text or '"' in one.text or "\\" in one.text for one in parts):
        return None
    holes = [one.text + g.dice.one(_FORMATS[_kind(one.type)]) for one in parts if one]
    return 'f"' + g.dice.one(["", "no. ", "{{x}} "]) + g.dice.one([" ", "/", ""]).join(
        f"{{{h}}}" for h in holes
    ) + '"', True


def _kind(of: Type) -> Kind:
    return of.kind if isinstance(of, Scalar) else Kind.TEXT


_FORMATS: dict[Kind, list[str]] = {
    Kind.TEXT: ["", "", ":>8", ":.3", ":_^9.4"],
    Kind.INTEGER: ["", "", ":05", ":,", ":.1f", ":x", ":+d"],
    Kind.NUMBER: ["", "", ":.2f", ":,.1f", ":08.3f", ":.3", ":.0%", ":g"],
    Kind.DATE: ["", ":%d.%m.%Y"],
    Kind.UUID: [""],
}


def _display(g: Growth) -> tuple[str, bool] | None:
    parts = [g.find(answerable) for _ in range(g.dice.number(1, 3))]
    found = [one for one in parts if one is not None]
    if not found:
        return None
    match g.dice.number(0, 3):
        case 0:
            return f"[{', '.join(one.text for one in found)}]", True
        case 1:
            named = [f"{name}={one.text}" for name, one in zip("abc", found, strict=False)]
            return f"dict({', '.join(named)})", True
        case 2:
            same = g.find(lambda of: of == found[0].type)
            return f"[{found[0].text}, {same.text if same else found[0].text}]", True
    name = g.find(key)
    return None if name is None else (f"{{{name.text}: {found[0].text}}}", True)


def _lookup(g: Growth) -> tuple[str, bool] | None:
    """`{"a": x, "b": y}[k]`."""
    index = g.find(lambda of: isinstance(non_null(of), Scalar) and bool(non_null(of).values))  # type: ignore[union-attr]
    value = g.find(answerable)
    if index is None or value is None:
        return None
    found = non_null(index.type)
    members = found.values or () if isinstance(found, Scalar) else ()
    entries = ", ".join(f"{member!r}: {value.text}" for member in members)
    return f"{{{entries}}}[{index.text}]", True


def _comprehension(g: Growth) -> tuple[str, bool] | None:
    made = g.loop()
    if made is None:
        return None
    head, sub = made
    tests = ""
    if g.dice.chance(35) and (known := sub.knowing()) is not None:
        tests, sub = f" if {known[0]}", known[1]
    grow(sub, g.dice.number(1, 4))
    body = sub.find(lambda of: not isinstance(of, IterType | SetType))
    name = sub.find(lambda of: key(non_null(of)))
    if body is None:
        return None
    match g.dice.number(0, 5):
        case 0 if name is not None:
            return f"{{{name.text}: {body.text} for {head}{tests}}}", True
        case 1 if name is not None:
            pairs = f"({name.text}, {body.text}) for {head}{tests}"
            return g.dice.one([f"group_by({pairs})", f"sort_by({pairs})", f"sort_by(({pairs}), reverse=True)"]), True
        case 2 if name is not None:
            return f"len({{{name.text} for {head}{tests}}})", True
        case 3:
            scalar = sub.find(lambda of: number(of) or boolean(non_null(of)) or ordered(of) or text(of)) or body
            function = g.dice.one(["sum", "any", "all", "max", "min", "first", "sorted", "unique", "list"])
            return f"{function}({scalar.text} for {head}{tests})", True
        case 4 if (texts := sub.find(text)) is not None:
            return f'join(({texts.text} for {head}{tests}), ", ")', True
    return f"[{body.text} for {head}{tests}]", True


def _function(g: Growth) -> tuple[str, bool] | None:
    of, forms = g.dice.one(_FUNCTIONS)
    found, other = g.find(of), g.find(of)
    if found is None or other is None:
        return None
    return g.dice.one(forms).format(found.text, other.text), True


_FUNCTIONS: list[tuple[Is, list[str]]] = [
    (lambda of: listed(of) or isinstance(of, MapType) or text(of), ["len({0})"]),
    (list_of(number), ["sum({0})", "max({0})", "min({0})", "sorted({0})"]),
    (list_of(ordered), ["sorted({0})", "sorted({0}, reverse=True)", "min({0})", "max({0})", "unique({0})"]),
    (list_of(text), ['join({0}, "-")', '", ".join({0})', "unique({0} + {1})"]),
    (listed, ["first({0})", "last({0})", "list({0})", "[a for a, b in zip({0}, {1})]"]),
    (listed, ["[i for i, a in enumerate({0})]", "first({0})", "last({0})", "len({0}) + len({1})"]),
    (
        number,
        ["round({0})", "round({0}, 1)", "abs({0})", "int({0})", "float({0})", "max({0}, {1})", "min({0}, {1}, 3)"],
    ),
    (text, ["int({0})", "float({0})", "str({0})", "max({0}, {1})"]),
    (spelled, ["str({0})"]),
    (boolean, ["int({0})", "bool({0})", "not {0}"]),
    (lambda of: is_nullable(of) and boolean(non_null(of)), ["bool({0})"]),
    (kind(Kind.INTEGER), ["[n for n in range({0})]", "sum(range({0}))", "range({0}, {1}, 3)"]),
    (lambda of: isinstance(of, MapType), ["list({0}.keys())", "[w for w in {0}.values()]", "sorted({0})"]),
    (lambda of: isinstance(of, MapType), ["[dict(k=a, v=b) for a, b in {0}.items()]", "len({0})"]),
]


def _told(g: Growth) -> tuple[str, bool] | None:
    """What a call answered beside its value."""
    names = sorted(g.calls)
    if not names:
        return None
    call = g.dice.one(names)
    headers = sorted(g.calls[call])
    if headers and g.dice.chance(60):
        return f'header({call}, "{g.dice.one(headers)}")', True
    return f"status({call})", True


def _instance(g: Growth) -> tuple[str, bool] | None:
    found = g.find(lambda of: isinstance(non_null(of), Union))
    if found is None:
        return None
    inner = non_null(found.type)
    names = [name for arm in getattr(inner, "arms", ()) if (name := _type_name(arm))]
    if not names:
        return None
    name = g.dice.one(names)
    test = f"isinstance({found.text}, {name})"
    node = typed(test, g.ctx)
    if node is None or g.dice.chance(30):
        return test, True
    sub = Growth(g.dice, g.ctx.with_facts(proved(node, True)), (), g.calls, g.level + 1)
    sub.loops = g.loops
    if (base := sub.add(found.text, found.tight)) is not None:
        sub.look_into(base, 2)
    grow(sub, 2)
    then = sub.find(answerable)
    return None if then is None else (f"{then.inner} if {test} else None", False)


def _type_name(of: Type) -> str | None:
    match of:
        case ObjectType(backend=str() as backend, name=name) if name.isidentifier():
            return f"{backend}.{name}"
        case ListType(item) if inner := _type_name(item):
            return f"list[{inner}]"
    known: dict[Type, str] = {TEXT: "str", INTEGER: "int", NUMBER: "float", BOOLEAN: "bool", DATE: "date"}
    return known.get(of) if isinstance(of, Scalar) else None


def _tagged(g: Growth) -> tuple[str, bool] | None:
    """`x.number if x.kind == "card" else None`."""
    found = g.find(lambda of: isinstance(non_null(of), Union) and bool(getattr(non_null(of), "tag", None)))
    if found is None:
        return None
    inner = non_null(found.type)
    assert isinstance(inner, Union)
    test = f'{found.inner}.{inner.tag} == "{g.dice.one([tag for tags in inner.tags for tag in tags])}"'
    node = typed(test, g.ctx)
    if node is None:
        return None
    sub = Growth(g.dice, g.ctx.with_facts(proved(node, True)), (), g.calls, g.level + 1)
    sub.loops = g.loops
    if (base := sub.add(found.text, found.tight)) is not None:
        sub.look_into(base, 2)
    then = sub.find(answerable)
    return None if then is None else (f"{then.inner} if {test} else None", False)


_READING: list[Step] = [_field, _field, _element, _entry, _slice, _method]
_OPERATORS: list[Step] = [_arithmetic, _sum_of_texts, _dates, _compare, _equal, _among, _null_test, _logic, _negated]
_MAKING: list[Step] = [_choice, _choice, _guarded, _default, _default, _spelling, _display, _lookup]
_MAKING += [_comprehension, _comprehension, _comprehension, _function, _function, _function]
STEPS: list[Step] = [*_READING, *_OPERATORS, *_MAKING, _told, _instance, _tagged, _now]


def grow(growth: Growth, steps: int) -> None:
    """Add to the pool, at most one expression a step."""
    for _ in range(steps):
        made = growth.dice.one(STEPS)(growth)
        if made is not None:
            growth.add(*made)
