"""Every code once: its number, severity and title. The page that explains it is `explain/<code>.md`.

1xx text and shape of the spec, 2xx references, 3xx types, 4xx graph, cost and policy, 5xx OpenAPI documents,
6xx security, 9xx output and drift. A number is never used again for something else.
"""

from __future__ import annotations

from enum import StrEnum

from bffgen.records import dataclass


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Code:
    number: str
    title: str
    severity: Severity = Severity.ERROR


def _warning(number: str, title: str) -> Code:
    return Code(number, title, Severity.WARNING)


_ALL = (
    # 1xx: text and shape of the spec
    Code("BFF101", "the text is not YAML or JSON"),
    Code("BFF102", "unknown key"),
    Code("BFF103", "duplicate key"),
    Code("BFF104", "a value of the wrong shape"),
    Code("BFF105", "a required key is missing"),
    Code("BFF106", "the file cannot be read"),
    Code("BFF107", "the text is too large, too deep or refers to itself"),
    Code("BFF108", "a name that cannot be used"),
    Code("BFF109", "not there yet"),
    Code("BFF110", "a bad duration, status or other plain value"),
    Code("BFF111", "a bad endpoint key or path"),
    Code("BFF112", "the spec needs a newer bffgen"),
    Code("BFF113", "an expression that cannot be parsed"),
    Code("BFF114", "a form that expressions do not have"),
    Code("BFF115", "YAML reads this differently from what it looks like"),
    Code("BFF116", "an include that leads back to itself"),
    Code("BFF150", "a policy that does not fit the call"),
    Code("BFF160", "a site that may not call like this"),
    Code("BFF161", "unknown security scheme"),
    Code("BFF162", "unknown scope"),
    Code("BFF164", "an algorithm that tokens are not to be signed with"),
    Code("BFF165", "keys that are fetched without TLS"),
    Code("BFF166", "a limit by something that is not known of a client"),
    _warning("BFF170", "a backend that is not shown who asks"),
    Code("BFF171", "two credentials in one header"),
    # 2xx: references
    Code("BFF201", "unknown backend"),
    Code("BFF202", "unknown operation"),
    Code("BFF203", "a required argument is missing"),
    Code("BFF204", "unknown argument"),
    Code("BFF205", "unknown name"),
    Code("BFF206", "unknown function or method"),
    Code("BFF207", "unknown type"),
    Code("BFF208", "a name that hides another"),
    Code("BFF209", "the request body is missing or not taken"),
    Code("BFF210", "unknown response header"),
    Code("BFF211", "a path parameter that is not in the path, or the reverse"),
    Code("BFF212", "a function that expressions cannot use"),
    # 3xx: types
    Code("BFF301", "a value of the wrong type"),
    Code("BFF302", "unknown field"),
    Code("BFF303", "a value that may be null"),
    Code("BFF304", "not a condition"),
    Code("BFF305", "operands that do not fit the operator"),
    Code("BFF306", "wrong arguments of a function"),
    Code("BFF308", "a value that cannot reach an answer"),
    Code("BFF309", "the type of a parameter cannot be inferred"),
    Code("BFF310", "uses of a parameter disagree"),
    Code("BFF311", "a value that an enum does not have"),
    Code("BFF312", "a field that is produced twice"),
    Code("BFF313", "a default that does not fit"),
    _warning("BFF314", "a default that is never needed"),
    Code("BFF315", "an endpoint that does not fit the contract"),
    Code("BFF316", "an example that does not fit"),
    Code("BFF317", "a stream that is not made of one call's items"),
    Code("BFF318", "bytes that are not passed on whole"),
    # 4xx: graph, cost and policy
    Code("BFF401", "calls that wait for each other"),
    Code("BFF402", "a required argument may be null"),
    Code("BFF403", "two endpoints answer the same requests"),
    Code("BFF404", "a parameter that is never used"),
    _warning("BFF405", "a call that is never used"),
    Code("BFF406", "a write in a GET"),
    Code("BFF407", "an on_error entry that can never apply"),
    _warning("BFF408", "a call that cannot finish within the deadline"),
    _warning("BFF409", "a quoted name"),
    Code("BFF410", "two endpoints have the same operation id"),
    _warning("BFF411", "a read that does not wait for a write"),
    Code("BFF412", "a loop without a bound"),
    _warning("BFF413", "a call per item where one call would do"),
    Code("BFF414", "no list where one is needed"),
    Code("BFF415", "a call that is made only in place of another"),
    _warning("BFF416", "two writes and no way back"),
    Code("BFF417", "a shape that uses itself"),
    # 5xx: OpenAPI documents
    Code("BFF501", "not an OpenAPI document of a version that is read"),
    Code("BFF502", "a $ref that leads nowhere"),
    Code("BFF503", "a $ref that leads back to itself"),
    Code("BFF504", "a part of the document that has no meaning"),
    Code("BFF505", "a part of OpenAPI that is not supported yet"),
    Code("BFF506", "an operationId that two operations have"),
    Code("BFF507", "no address for a backend"),
    Code("BFF508", "an overlay action that changes nothing"),
    Code("BFF509", "a bad overlay"),
    # 6xx: security
    Code("BFF601", "a secret in the spec"),
    Code("BFF602", "a path outside of the spec's folder"),
    # 9xx: output and drift
    Code("BFF901", "the generated files are out of date"),
    Code("BFF902", "a generated file was edited by hand"),
    Code("BFF903", "the output cannot be written"),
)

CODES = {code.number: code for code in _ALL}
