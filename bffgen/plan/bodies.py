"""How a client sends the body of a request: as JSON, a form, a text, or bytes as they arrive."""

from __future__ import annotations

import ast

from bffgen.check.media import is_raw
from bffgen.openapi.media import FORM, bare, is_json, may_be_json
from bffgen.openapi.model import Encoding, RequestBody
from bffgen.plan.constraints import bounded, is_bounded
from bffgen.plan.emitted_names import Module
from bffgen.plan.operations import UsedOperation
from bffgen.plan.quote import called, code, constant, name, quote
from bffgen.typesystem.model import (
    BYTES,
    RAW_BODY,
    Kind,
    MapType,
    ObjectType,
    Scalar,
    Type,
    Unknown,
    is_nullable,
    non_null,
)

JSON = "application/json"
Options = dict[str, ast.expr]


class SentBody:
    """The body of one operation: its annotation, and the statements and options that send it."""

    def __init__(self, used: UsedOperation, module: Module) -> None:
        requests = [call.request for call in used.calls if call.request is not None]
        bodies = [call.body for call in used.calls]
        self.request: RequestBody | None = requests[0] if requests else None
        self.always = all(body is not None and not self._may_be_left_out(body.type) for body in bodies)
        given = [non_null(body.type) for body in bodies if body is not None]
        self._raw = any(is_raw(of) for of in given)
        self._file = any(of == BYTES and not is_raw(of) for of in given)
        self._module = module

    def _may_be_left_out(self, of: Type) -> bool:
        """Whether null stands for no body; a value without a declared type is null where none came."""
        is_open = isinstance(of, Unknown) and self.request is not None and not self.request.required
        return is_nullable(of) or is_open

    @property
    def media_type(self) -> str:
        assert self.request is not None
        return bare(self.request.media_type)

    @property
    def _is_bytes(self) -> bool:
        return self.request is not None and non_null(self.request.type) == BYTES

    def annotation(self) -> ast.expr:
        """The type of the parameter `body`, without null."""
        assert self.request is not None
        if not self._is_bytes:
            return self._module.taken(non_null(self.request.type) if self.always else self.request.type)
        kinds = [RAW_BODY] * self._raw + [BYTES] * self._file
        made = [self._module.annotation(of) for of in kinds]
        return made[0] if len(made) == 1 else ast.BinOp(made[0], ast.BitOr(), made[1])

    def sent(self) -> tuple[list[ast.stmt], Options]:
        """What is done before the request is sent, and the options of sending."""
        if self.request is None:
            return [], {}
        if self._is_bytes:
            return self._streamed()
        if self.request.is_multipart:
            return self._multipart()
        content = self._unless_none(self._content())
        plain = self.media_type in (JSON, "*/*", "application/*", "")
        return [], {"content": content} if plain else {"content": content, "media_type": constant(self.media_type)}

    def _content(self) -> ast.expr:
        assert self.request is not None
        module, of = self._module, non_null(self.request.type)
        if self.media_type == FORM:
            return self._form()
        if isinstance(of, Scalar) and of.kind is Kind.TEXT and not _is_json(self.media_type):
            return called(module.runtime("texts", "text_content"), name("body"))
        adapter = module.adapter_of(module.taken(self.request.type, wire=True))
        return code("adapter.dump_json(body)", adapter=adapter, body=self._within_bounds(of))

    def _within_bounds(self, of: Type) -> ast.expr:
        """The body; kept to the bounds that no model holds."""
        if not is_bounded(of):
            return name("body")
        adapter = self._module.adapter_of(bounded(of, self._module), "body")
        return called(self._module.runtime("arguments", "checked"), name(adapter), name("body"))

    def _unless_none(self, value: ast.expr) -> ast.expr:
        return value if self.always else code("None if body is None else value", value=value)

    # ---------------------------------------------------------------------------------------------- bytes

    def _streamed(self) -> tuple[list[ast.stmt], Options]:
        if not self._file:
            return self._options("body", [])
        made = called(self._module.runtime("parts", "as_body"), name("body"))
        return self._options("sent_body", quote("sent_body = made", made=self._unless_none(made)))

    def _options(self, local: str, before: list[ast.stmt]) -> tuple[list[ast.stmt], Options]:
        """A body that says itself what it is and how long."""
        media_type, length = code("local.media_type", local=local), code("local.length", local=local)
        if not self.always:
            otherwise = constant(self.media_type)
            media_type = code("kind if local is None else found", kind=otherwise, local=local, found=media_type)
            length = code("None if local is None else found", local=local, found=length)
        return before, {"content": name(local), "media_type": media_type, "length": length}

    # ---------------------------------------------------------------------------------------------- forms

    def _multipart(self) -> tuple[list[ast.stmt], Options]:
        assert self.request is not None
        made = called(self._module.runtime("parts", "multipart_body"), name("body"))
        said = {field: kind for field, one in self.request.encoding.items() if (kind := _media_type(one))}
        if said:
            keys: list[ast.expr | None] = [constant(field) for field in said]
            made.args.append(ast.Dict(keys, [constant(kind) for kind in said.values()]))
        return self._options("sent_body", quote("sent_body = made", made=self._unless_none(made)))

    def _form(self) -> ast.expr:
        assert self.request is not None
        module, body = self._module, name("body")
        fields: ast.expr = body
        if not isinstance(non_null(self.request.type), (ObjectType, MapType)):
            fields = called(module.runtime("parts", "form_fields"), body)
        made = called(module.runtime("forms", "form_body"), fields)
        said = {field: one for field, one in self.request.encoding.items() if _is_styled(one)}
        if said:
            keys: list[ast.expr | None] = [constant(field) for field in said]
            made.args.append(ast.Dict(keys, [self._style(one) for one in said.values()]))
        return made

    def _style(self, said: Encoding) -> ast.expr:
        style = "json" if said.style is None else said.style
        return called(
            self._module.runtime("forms", "FieldStyle"),
            constant(style),
            explode=None if said.explode else constant(False),
            allow_reserved=constant(True) if said.allow_reserved else None,
        )


def _is_styled(said: Encoding) -> bool:
    return said.style is not None or (said.content_type is not None and _is_json(bare(said.content_type)))


def _is_json(media_type: str) -> bool:
    return is_json(media_type) or may_be_json(media_type)


def _media_type(said: Encoding) -> str | None:
    """The one media type of a part; None where the document names several, or a range."""
    text = said.content_type or ""
    return text.strip() if text and "," not in text and "*" not in text else None
