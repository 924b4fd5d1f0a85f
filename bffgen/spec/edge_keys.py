"""The keys of what stands before the endpoints: who may call, from where, how often."""

from __future__ import annotations

from bffgen.spec.keys import Key, Table

CORS = Table(
    "`cors`",
    Key("origins", "names", 'The sites that may call, such as `https://shop.example.com`; `"*"`: all', required=True),
    Key("credentials", "boolean", "Whether their requests may carry cookies and the like (false unless said)"),
    Key("methods", "names", "The methods that they may use; else those of the gateway"),
    Key("headers", "headers_list", "The headers that they may send; else those that the gateway reads"),
    Key("expose", "headers_list", "The headers of answers that their scripts may read; else the gateway's own"),
    Key("max_age", "duration", "How long a browser may keep that in mind (10m unless said)"),
)

SECURITY = Table(
    "`security` of a spec",
    Key("schemes", "schemes", "How clients are known, by name: `jwt` tokens, or an `api_key`", required=True),
    Key("default", "access", "Who may call what says nothing itself: a scheme, or `none` for everybody", required=True),
)

JWT = Table(
    "a scheme of tokens",
    Key("type", "type_jwt", "`jwt`: signed tokens in `Authorization: Bearer`", required=True),
    Key("description", "text", "What it is, for the published document"),
    Key("issuer", "text", "Who issues the tokens: exactly their `iss`", required=True),
    Key("audience", "names", "Whom they are for: one of these in their `aud`", required=True),
    Key("jwks", "text", "Where the issuer's public keys are: an `https://` address", required=True),
    Key("algorithms", "names", "How they may be signed (RS256 and ES256 unless said)"),
    Key("leeway", "duration", "How far the clocks may differ (30s unless said)"),
    Key("claims", "claims", "What they say, and its types: `{sub: str, groups: list[str]}`"),
    Key("scopes", "scopes", "The scopes that endpoints may ask for: names, or names and what they allow"),
    Key("scope_claim", "text", "The claim that has a token's scopes (`scope` unless said)"),
)

KEY_SCHEME = Table(
    "a scheme of keys",
    Key("type", "type_api_key", "`api_key`: a key of each client's in a header", required=True),
    Key("description", "text", "What it is, for the published document"),
    Key("header", "text", "The header that has the key (`X-API-Key` unless said)"),
    Key("scopes", "scopes", "The scopes that endpoints may ask for: names, or names and what they allow"),
)

RATE_LIMIT = Table(
    "`rate_limit`",
    Key("limit", "rate", "How many calls in how long: `100/1m`", required=True),
    Key("per", "text", "For each `client` (unless said), `address`, or value of a claim such as `claims.tenant`"),
)
