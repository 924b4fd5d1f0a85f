"""Bytes to disk, and disk compared with bytes: the only writer of the compiler."""

from bffgen.output.drift import Drift, compare, diff, summary
from bffgen.output.folder import OutputRefused
from bffgen.output.lock import LOCK_NAME, LockInfo
from bffgen.output.write import Written, write

__all__ = ["LOCK_NAME", "Drift", "LockInfo", "OutputRefused", "Written", "compare", "diff", "summary", "write"]
