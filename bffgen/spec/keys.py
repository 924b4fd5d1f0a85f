"""Every key that a spec may have, once: the parser, the messages and the JSON Schema are made from these tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bffgen.records import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a mapping. `shape` names a form that `schema.SHAPES` defines; `later`: it does not work yet."""

    name: str
    shape: str
    about: str
    required: bool = False
    later: bool = False


class Table:
    """The keys of one kind of mapping; `what` is how messages call it ("a call")."""

    def __init__(self, what: str, *keys: Key, later: Iterable[tuple[str, str]] = ()) -> None:
        self.what = what
        self.keys = {key.name: key for key in keys}
        self.keys |= {name: Key(name, "anything", about, later=True) for name, about in later}

    def part(self, what: str, *names: str) -> Table:
        """A table of some of the keys, none of them required."""
        return Table(what, *(replace(self.keys[name], required=False) for name in names))

    @property
    def working(self) -> list[str]:
        return [key.name for key in self.keys.values() if not key.later]


SPEC = Table(
    "a spec",
    Key("bffgen", "version", "The version of the spec language: 1", required=True),
    Key("name", "name", "The gateway's name: lower-case words joined by `-` or `_`", required=True),
    Key("version", "text", "The gateway's own version, such as `1.0.0`"),
    Key("title", "text", "The title of the published OpenAPI document"),
    Key("description", "text", "The description of the published OpenAPI document"),
    Key("backends", "backends", "The services that the gateway calls, by name", required=True),
    Key("endpoints", "endpoints", "What the gateway answers: `GET /products/{product_id}`", required=True),
    Key("proxies", "proxies", "Routes that pass through to a backend: `/catalog/{path:path}`"),
    Key("include", "patterns", "Other files of endpoints and shapes, such as `endpoints/*.yaml`"),
    Key("shapes", "shapes", "Typed mappings that expressions use as functions, by name"),
    Key("envelope", "value", "What every answer is put into, over `status`, `response`, `problem` and `degraded`"),
    Key("contract", "path", "An OpenAPI document that every endpoint must fit, relative to the spec"),
    Key("functions", "path", "A file of functions in Python, such as `functions.py`, relative to the spec"),
    Key("http", "http", "How backends are connected to"),
    Key("observability", "observability", "What can be seen of the gateway at work, once a setting switches it on"),
    Key("defaults", "defaults", "What holds for every backend and endpoint that does not say otherwise"),
    Key("cors", "cors", "Which sites' scripts may call, and with what"),
    Key("security", "security", "How clients are known, and who may call"),
    Key("rate_limit", "rate_limit", "How often a client may call, all endpoints together: `100/1m`"),
    later=(
        ("cache", "keeping answers"),
        ("store", "where shared state lives"),
        ("models", "which fields the models have"),
        ("examples", "examples that become tests"),
    ),
)

BACKEND = Table(
    "a backend",
    Key("openapi", "path", "The backend's OpenAPI document, relative to the spec", required=True),
    Key("overlay", "path", "An OpenAPI Overlay that mends the document without editing it"),
    Key("url", "url", "Where the backend is; else the document's first server"),
    Key("presence", "presence", "`assumed` trusts that non-nullable properties are there although not required"),
    Key(
        "validate",
        "validate",
        "What is checked of answers: `lenient` what is read, `strict` all of it, `off` no bounds",
    ),
    Key("success", "expression", "What must hold of an `answer` for it to be one"),
    Key("reads", "names", "Operations that only read although they are a POST"),
    Key("forward_headers", "headers_list", "The client's headers that are sent on"),
    Key("timeout", "duration", "How long a call may take, such as `500ms` or `2s`"),
    Key("retry", "retry", "Trying again what reads, or was not sent: `true`, how often, or its parts"),
    Key("breaker", "breaker", "Leaving a failing backend alone for a while: `true`, or its parts"),
    Key("hedge", "hedge", "Asking a second time what reads, when the answer is late: `true`, or after how long"),
    Key("concurrency", "count", "How many calls of the backend there may be at one time; some more wait"),
    Key("operations", "operations", "Operations that the document omits: `GET /carts/{id}/items`"),
    Key("auth", "auth", "How the backend learns who asks: `forward`, `bearer`, `basic`, `none`, or a mapping"),
    Key("tls", "tls", "The certificates of its connections"),
    later=(
        ("cache", "keeping answers"),
        ("http", "connections to a backend"),
        ("rate_limit", "how often a backend is called"),
    ),
)

AUTH = Table(
    "`auth`",
    Key("bearer", "bearer", "A token of the gateway's: `$NAME`, a variable of the environment"),
    Key("basic", "basic", "A name and a password of the gateway's"),
    Key("api_key", "api_key", "A key of the gateway's, in a header or in the query"),
    Key("client_credentials", "client_credentials", "Tokens that a token endpoint gives the gateway (OAuth 2.0)"),
    Key("token_exchange", "token_exchange", "Tokens that a token endpoint gives for the client's own (RFC 8693)"),
)

BEARER = Table("`bearer`", Key("token", "secret", "The token: `$NAME`, a variable of the environment"))

BASIC = Table(
    "`basic`",
    Key("username", "text", "The name; it may also be `$NAME`, a variable of the environment"),
    Key("password", "secret", "The password: `$NAME`, a variable of the environment"),
)

API_KEY = Table(
    "`api_key`",
    Key("header", "text", "The header that takes the key, such as `X-Api-Key`"),
    Key("query", "text", "The parameter of the query that takes the key"),
    Key("value", "secret", "The key: `$NAME`, a variable of the environment"),
    Key("prefix", "text", "What stands before the key, such as `Bot `"),
)

_TOKENS = (
    Key("token_url", "url", "The token endpoint", required=True),
    Key("client_id", "text", "The gateway's id there; it may also be `$NAME`, a variable of the environment"),
    Key("client_secret", "secret", "Its secret there: `$NAME`, a variable of the environment"),
    Key("scopes", "names", "The scopes that are asked for"),
    Key("audience", "text", "Who the token is for"),
    Key("resource", "text", "The address of what the token is for (RFC 8707)"),
    Key("client_auth", "client_auth", "How id and secret are sent: `basic` (unless said) or in the `body`"),
)

CLIENT_CREDENTIALS = Table("`client_credentials`", *_TOKENS)

TOKEN_EXCHANGE = Table("`token_exchange`", *_TOKENS)

TLS = Table(
    "`tls`",
    Key("ca", "path", "A PEM file of the authorities that are trusted, instead of the system's"),
    Key("cert", "path", "A PEM file of the gateway's own certificate, for backends that ask for one"),
    Key("key", "path", "A PEM file of its key, where that is not in the same file"),
)

RETRY = Table(
    "`retry`",
    Key("times", "times", "How many more attempts there are (1 unless said)"),
    Key("backoff", "duration", "The longest pause before the second one, doubled each time (25ms unless said)"),
    Key("max_backoff", "duration", "The longest pause of all (250ms unless said)"),
    Key("statuses", "gateway_statuses", "The statuses that are tried again (502, 503 and 504 unless said)"),
)

BREAKER = Table(
    "`breaker`",
    Key("window", "duration", "How long a call counts (10s unless said)"),
    Key("calls", "count", "How many calls there must have been (20 unless said)"),
    Key("failures", "share", "The share of them that must have failed (0.5 unless said)"),
    Key("open", "duration", "How long nothing is sent then, doubled each time in a row (5s unless said)"),
)

OPERATION = Table(
    "an operation",
    Key("operation_id", "text", "What calls call it; else `GET /carts/{id}/items`"),
    Key("params", "operation_params", "Its parameters and their types: `{id: str, page: int | None}`"),
    Key("body", "body", "What is sent: a type, or fields and their types"),
    Key("response", "body", "What it answers: a type, or fields and their types; left out: nothing"),
    Key("status", "success_status", "The status of that answer (200 unless said)"),
)

OPERATION_PARAM = Table(
    "a parameter of an operation",
    Key("type", "type", "The type; nullable: it may be left out", required=True),
    Key("in", "location", "Where it stands when it is not in the path: `query` unless said"),
)

ENDPOINT = Table(
    "an endpoint",
    Key("summary", "text", "A line about the endpoint"),
    Key("description", "text", "More about the endpoint, in Markdown"),
    Key("tags", "names", "Tags in the published document"),
    Key("operation_id", "operation_id", "The operation's id; else made of method and path"),
    Key("deprecated", "boolean", "Whether clients should leave it"),
    Key("params", "params", "Parameters that need more than their uses say"),
    Key("body", "body", "The request body: a type, or fields and their types"),
    Key("calls", "calls", "The backend calls, by the name of their value"),
    Key("let", "lets", "Named values"),
    Key("require", "guards", "What must hold, else a problem answers"),
    Key("response", "value", "The answer's body"),
    Key("status", "status_value", "The answer's status, or an expression of literals"),
    Key("response_headers", "headers", "The answer's headers; null omits one"),
    Key("cookies", "cookies", "The answer's cookies; null omits one"),
    Key("deadline", "duration", "How long the whole request may take"),
    Key("retry", "retry", "Trying its reads again, instead of what their backends say"),
    Key("hedge", "hedge", "Asking its reads a second time, instead of what their backends say"),
    Key("degraded_status", "status", "The status of an answer in which a part failed"),
    Key("parallel_writes", "boolean", "Whether writes may run at the same time"),
    Key("envelope", "value", "What the answer is put into, instead of the gateway's envelope; null: nothing"),
    Key("examples", "examples", "Requests with the backends' replies and the answer: tests of the project"),
    Key("stream", "stream", "Answers the items of a call one by one: `lines` (JSON lines) or `events` (SSE)"),
    Key("security", "access", "Who may call: a scheme, `{scheme: [scopes]}`, a list of them, or `none`"),
    Key("rate_limit", "rate_limit", "How often a client may call this, apart from all else; `none` for no limit"),
    later=(
        ("cache", "keeping answers"),
        ("cors", "which sites may call"),
    ),
)

PROXY = Table(
    "a proxy",
    Key("backend", "text", "The backend that answers", required=True),
    Key("to", "route", "The backend's path, with the same variables, where it differs from the route"),
    Key("methods", "methods", "The methods that pass through: `[GET, HEAD]`", required=True),
    Key("allow", "allow", "`documented` (unless said): operations of the document alone; `any`: all paths"),
    Key("security", "access", "Who may call: a scheme, `{scheme: [scopes]}`, a list of them, or `none`"),
)

HTTP = Table(
    "`http`",
    Key("transport", "transport", "`own` (unless said): the gateway's own connections; `stock`: httpx's"),
    Key("http2", "boolean", "HTTP/2 where a backend has it, with `transport: stock`"),
)

OBSERVABILITY = Table(
    "`observability`",
    Key("metrics", "boolean", "`GET /metrics` for Prometheus, where the setting `METRICS` is true"),
    Key("server_timing", "boolean", "`Server-Timing` in answers, where the setting `SERVER_TIMING` is true"),
    Key("traces", "boolean", "OpenTelemetry spans, of the share of requests that the setting `TRACES` is"),
)

INCLUDED = Table(
    "an included file",
    Key("bffgen", "version", "The version of the spec language: 1"),
    Key("endpoints", "endpoints", "What the gateway answers: `GET /products/{product_id}`"),
    Key("shapes", "shapes", "Typed mappings that expressions use as functions, by name"),
    Key("include", "patterns", "Other files, relative to this one"),
)

DEFAULTS = Table(
    "`defaults`",
    Key("backends", "backend_defaults", "Keys of every backend that does not have them itself"),
    Key("endpoints", "endpoint_defaults", "Keys of every endpoint that does not have them itself"),
)

BACKEND_DEFAULTS = BACKEND.part(
    "a mapping of defaults for backends",
    "presence",
    "validate",
    "success",
    "forward_headers",
    "auth",
    "tls",
    "timeout",
    "retry",
    "breaker",
    "hedge",
    "concurrency",
)

ENDPOINT_DEFAULTS = ENDPOINT.part(
    "a mapping of defaults for endpoints",
    "tags",
    "deprecated",
    "require",
    "response_headers",
    "cookies",
    "deadline",
    "retry",
    "hedge",
    "degraded_status",
    "parallel_writes",
)

PARAM = Table(
    "a parameter",
    Key("type", "type", "The type; else inferred from its uses"),
    Key("default", "anything", "The value when the client sends none, as plain YAML"),
    Key("in", "location", "Where it stands when it is not in the path: `query` unless said"),
    Key("name", "text", "Its name in the request when that is no name of the spec"),
    Key("description", "text", "What it is"),
    Key("example", "anything", "An example, as plain YAML"),
    Key("deprecated", "boolean", "Whether clients should leave it"),
    later=(("examples", "examples that become tests"),),
)

CALL = Table(
    "a call",
    Key("call", "head", "`backend.operation(name=value)`"),
    Key("args", "value_map", "Arguments whose names are no Python names"),
    Key("body", "value", "The request body"),
    Key("headers", "headers", "Headers that the document does not have as parameters"),
    Key("as", "type", "The answer's type when the document has none"),
    Key("when", "expression", "Only then; else the value is null"),
    Key("require", "guards", "What must hold of the answer, else a problem answers"),
    Key("after", "names", "Calls that must be done first"),
    Key("on_error", "on_error", "What happens when the call fails: the endpoint fails unless said"),
    Key("timeout", "duration", "How long the call may take"),
    Key("retry", "retry", "Trying again, instead of what its backend says: `false`, `true`, how often, or its parts"),
    Key("hedge", "hedge", "Asking a second time, instead of what its backend says: `false`, `true`, or after how long"),
    Key("read", "boolean", "Whether it only reads although it is a POST"),
    Key("for", "expression", "Once for each item, `x in xs`: a list of the results in order"),
    Key("if", "expression", "Only for the items of which this is true; null stands in the place of the others"),
    Key("limit", "count", "How many items there may be; more are a failure of kind `limit`"),
    Key("concurrency", "count", "How many items are worked on at one time (8 unless said)"),
    Key("items", "expression", "Where the list is, over `answer`"),
    Key("key", "expression", "Makes a map of the list, by an expression over `item`"),
    Key("batch", "expression", "Keys for one call, `x.id for x in xs`; inside `args` and `body`, `batch` is the chunk"),
    Key("size", "count", "How many keys one call takes (50 unless said)"),
    Key("paginate", "paginate", "Reads all pages of a list"),
    Key("until", "expression", "Pages end where this is true, over `answer`"),
    Key("max_pages", "count", "How many pages there may be; more are a failure of kind `limit`"),
    Key("undo", "undo", "The call that takes this write back when something fails later"),
    Key("auth", "auth", "How the backend learns who asks, in this call: `none`, or as in a backend"),
    Key("calls", "calls", "Instead of `call`: calls of a block, with a scope of their own"),
    Key("value", "value", "The value of a block"),
    Key("let", "lets", "Named values of a block"),
    later=(
        ("cache", "keeping answers"),
        ("breaker", "leaving a failing backend alone"),
        ("stream", "answers in parts"),
    ),
)

GUARD = Table(
    "a guard",
    Key("that", "expression", "What must be true", required=True),
    Key("status", "problem_status", "The status of the problem otherwise", required=True),
    Key("detail", "template", "A sentence for the client, with `{expression}` parts"),
    Key("extra", "value_map", "More members of the problem document"),
)

REACTION = Table(
    "an `on_error` entry",
    Key("default", "value", "The call's value instead"),
    Key("status", "status", "The status of an answer of our own"),
    Key("detail", "template", "A sentence for the client, with `{expression}` parts"),
    Key("extra", "value_map", "More members of the problem document"),
    Key("body", "value", "A body instead of a problem document"),
    Key("use", "text", "Another call takes its place; it is made only then"),
)

PAGINATE = Table(
    "`paginate`",
    Key("cursor", "text", "The parameter that takes the cursor of the next page"),
    Key("next", "expression", "The next cursor, over `answer`; null ends"),
    Key("page", "text", "The parameter that takes the page's number, counted from 1 or from its default"),
    Key("offset", "text", "The parameter that takes how many items to skip"),
    Key("link", "text", "`next`: the address of the next page is in the `Link` header"),
    Key("until", "expression", "Pages end where this is true, over `answer`"),
    Key("max_pages", "count", "How many pages there may be; more are a failure of kind `limit`"),
)

EXAMPLE = Table(
    "an example",
    Key("params", "plain_map", "Parameters by name, as plain YAML"),
    Key("body", "anything", "The request body, as plain YAML"),
    Key("headers", "text_map", "Further headers of the request"),
    Key("backends", "replies", "Replies by the name of the call, listed for a call that is made several times"),
    Key("expect", "expectation", "What the answer has to be", required=True),
)

REPLY = Table(
    "a reply of an example",
    Key("status", "status", "The backend's status; else the usual one"),
    Key("body", "anything", "The backend's body, as plain YAML; sample data where it is left out"),
    Key("headers", "text_map", "The backend's headers"),
    Key("timeout", "boolean", "There is no answer in time"),
    Key("unreachable", "boolean", "The backend cannot be reached"),
    Key("invalid", "boolean", "The answer breaks the contract"),
)

EXPECT = Table(
    "`expect`",
    Key("status", "status", "The status; else the usual one"),
    Key("body", "anything", "What the body holds, as plain YAML; it may hold more"),
    Key("exact", "boolean", "The body holds that and nothing else"),
)

COOKIE = Table(
    "a cookie",
    Key("value", "value", "Its value; null omits it", required=True),
    Key("secure", "boolean", "Only over https (true unless said)"),
    Key("http_only", "boolean", "Not for scripts (true unless said)"),
    Key("same_site", "same_site", "`lax` unless said"),
    Key("max_age", "seconds", "How long it lives, in seconds"),
    Key("path", "text", "The path it is for (`/` unless said)"),
)

DIRECTIVES = Table(
    "a mapping of a response",
    Key("$for", "expression", "One object for each: `r in reviews.items`"),
    Key("$if", "expression", "Only where this is true"),
    Key("$pick", "pick", "Fields copied from values: `{product: [name, images], basket: all}`"),
    Key("$name", "type_name", "The model's name in the published document"),
    Key("$omit_null", "boolean", "Leave out what is null"),
    Key("$of", "shape_params", "The parameters of a shape and their types: `{review: reviews.Review}`"),
)
