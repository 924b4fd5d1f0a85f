"""What names stand for."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a name stands for. The emitter maps (role, name) to a Python name of the emitted function."""

    PARAM = "param"
    BODY = "body"
    CLAIMS = "claims"  # what is known of who calls
    CALL = "call"
    LET = "let"
    LOOP = "loop"
    ERROR = "error"  # `error` in an on_error entry: fields kind, status, body
    DEGRADED = "degraded"  # a map from call name to {kind, status}
    ANSWER = "answer"  # `answer` in `success`, `items`, `next`, `until`: what one request answered
    ITEM = "item"  # `item` in `key`: one element of the list
    BATCH = "batch"  # `batch`: the keys of one chunk
    ENVELOPE = "envelope"  # `status`, `response`, `problem`, `degraded` of an envelope
    SHAPE = "shape"  # a parameter of the shape that this is the body of
