"""The one reader of input files."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from bffgen.records import dataclass
from bffgen.source.nodes import Complaints, Node, parse_nodes
from bffgen.source.similar import closest
from bffgen.source.text import SourceFile, Span

MAX_BYTES = 32 * 1024 * 1024
MAX_MATCHES = 1000
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:", re.ASCII)
_HTML = re.compile(r"\s*<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE)
_WILD = re.compile(r"[*?]")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class _CannotRead(Exception):
    """Why a file cannot be read, in the user's words."""

    def __init__(self, message: str, help: str | None = None, code: str = "BFF106", near: Path | None = None) -> None:
        super().__init__(message)
        self.help = help
        self.code = code
        self.near = near  # a file that may have been meant


@dataclass(frozen=True, slots=True)
class _Read:
    node: Node | None


class Loader:
    """Reads documents, each once, none outside of `root` (the spec's folder).

    `files` maps every file read, by its path from the root (absolute where it is not below it: a spec that is a
    link), to the SHA-256 of its bytes.
    """

    def __init__(self, root: Path, complaints: Complaints) -> None:
        self.root = root.resolve()
        self.files: dict[str, str] = {}
        self._complaints = complaints
        self._read: dict[Path, _Read] = {}
        self._places: dict[SourceFile, Path] = {}

    def load(self, path: Path | str, asked_by: Span | None = None, beside: SourceFile | None = None) -> Node | None:
        """The root node of a document; None when it cannot be read, which is reported.

        A `Path` is the user's own and taken as it is (relative to the working directory). A `str` is a
        reference as written in a file: relative to the folder of `beside`, or to the root, and never outside
        of the root. The finding stands at `asked_by`, the place of the reference, where the fault is the file's
        and not its text's.
        """
        shown = str(path)
        try:
            resolved = _resolved(path) if isinstance(path, Path) else self._resolve_reference(path, beside)
            shown = _display(resolved)
            if resolved not in self._read:
                self._read[resolved] = _Read(None)  # reported once, whoever asks again
                self._read[resolved] = _Read(parse_nodes(self._file(resolved), self._complaints))
            return self._read[resolved].node
        except _CannotRead as error:
            span = asked_by or Span(SourceFile(shown, ""), 0, 0)
            meant = self._as_written(error.near, path, beside) if error.near else None
            help = f"did you mean `{meant}`?" if meant else error.help
            self._complaints.complain(error.code, str(error), span, help=help)
            return None

    def text(self, reference: str, asked_by: Span) -> SourceFile | None:
        """A file that is no document, by its path from the root; None when it cannot be read, which is reported."""
        try:
            return self._file(self._resolve_reference(reference, None))
        except _CannotRead as error:
            self._complaints.complain(error.code, str(error), asked_by, help=error.help)
            return None

    def matching(self, pattern: str, asked_by: Span, beside: SourceFile | None = None) -> list[str]:
        """The files that a pattern such as `endpoints/*.yaml` names, in order, as references from the root.

        Without `*` or `?` it is one file, whether it is there or not. Relative as in `load`; hidden files are left
        out. A pattern that names nothing, or leads outside of the root, is reported.
        """
        parts = pattern.split("/")
        literal = next((at for at, part in enumerate(parts) if _WILD.search(part)), len(parts))
        try:
            base = self._resolve_reference("/".join(parts[:literal]) or ".", beside)
            found = sorted(set(islice(_walk(base, parts[literal:]), MAX_MATCHES + 1)))
            if len(found) > MAX_MATCHES:
                raise _CannotRead(f"`{pattern}` names more than {MAX_MATCHES} files", code="BFF107")
            if not found:
                raise _CannotRead(f"no file matches `{pattern}`")
        except _CannotRead as error:
            self._complaints.complain(error.code, str(error), asked_by, help=error.help)
            return []
        return [path.relative_to(self.root).as_posix() for path in found]

    def _as_written(self, file: Path, written: Path | str, beside: SourceFile | None) -> str:
        """A file's path as it would stand where another was written."""
        if isinstance(written, Path):
            return _display(file)
        home = self._places.get(beside) if beside else None
        return Path(os.path.relpath(file, home.parent if home else self.root)).as_posix()

    def _resolve_reference(self, reference: str, beside: SourceFile | None) -> Path:
        if _REMOTE.match(reference) or reference.startswith("//"):
            raise _CannotRead(
                f"`{_redacted(reference)}` is not a file: documents are not fetched yet",
                "save the document beside the spec and name the file",
                code="BFF505",
            )
        if not reference.strip() or "\0" in reference:
            raise _CannotRead("a path is expected")
        if reference.startswith(("/", "\\")) or os.path.isabs(reference):
            raise _CannotRead(
                f"`{reference}` is not a relative path",
                "put the file into the folder of the spec, or one below it, and name it from there",
                code="BFF602",
            )
        home = self._places.get(beside) if beside else None
        resolved = _resolved((home.parent if home else self.root) / reference)
        if not resolved.is_relative_to(self.root):
            raise _CannotRead(
                f"`{reference}` leads outside of the spec's folder",
                "put the file into that folder, or the spec into one above both",
                code="BFF602",
            )
        return resolved

    def _file(self, path: Path) -> SourceFile:
        shown = _display(path)
        raw = _read_bytes(path, shown)
        inside = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)
        self.files[inside] = hashlib.sha256(raw).hexdigest()
        file = SourceFile(shown, _decoded(raw, shown))
        self._places[file] = path
        return file


def _walk(path: Path, parts: list[str]) -> Iterator[Path]:
    """What a pattern's parts name below a folder; without parts the path itself, whatever it is."""
    if not parts:
        yield path
        return
    here, *rest = parts
    if here == "**":
        yield from _walk(path, rest) if rest else ()
    for name in _names(path):
        entry = path / name
        if here == "**" and entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry, parts)
        elif fnmatchcase(name, here) and (entry.is_dir() if rest else entry.is_file()):
            yield from _walk(entry, rest)


def _names(folder: Path) -> list[str]:
    """What is in a folder, but for hidden files."""
    try:
        return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise _CannotRead(f"`{_display(path)}` cannot be read: {_reason(error)}") from None


def _read_bytes(path: Path, shown: str) -> bytes:
    try:
        if path.is_dir():
            raise _CannotRead(f"`{shown}` is a folder, not a file")
        if path.exists() and not path.is_file():  # a pipe or a device may never end
            raise _CannotRead(f"`{shown}` is not a regular file")
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _CannotRead(f"there is no file `{shown}`", near=_similar(path)) from None
    except (OSError, ValueError) as error:
        raise _CannotRead(f"`{shown}` cannot be read: {_reason(error)}") from None
    if len(raw) > MAX_BYTES:
        raise _CannotRead(f"`{shown}` is larger than {MAX_BYTES // 2**20} MiB", code="BFF107")
    return raw


def _decoded(raw: bytes, shown: str) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise _CannotRead(f"`{shown}` is UTF-16", "save the file as UTF-8") from None
        line = raw.count(b"\n", 0, error.start) + 1
        where = f"byte 0x{raw[error.start]:02X} in line {line}"
        raise _CannotRead(f"`{shown}` is not UTF-8 text: {where}") from None
    if _HTML.match(text):
        raise _CannotRead(f"`{shown}` looks like an HTML page, not like a document in YAML or JSON")
    if _BINARY.search(text, 0, 4096):
        raise _CannotRead(f"`{shown}` is a binary file")
    if not text.strip():
        raise _CannotRead(f"`{shown}` is empty")
    return text


def _display(path: Path) -> str:
    """Relative to the working directory, with `/` on every system."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except (OSError, ValueError):  # another drive
        return path.as_posix()


def _reason(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or "the path cannot be used"
    return str(reason).lower()


def _redacted(text: str) -> str:
    return re.sub(r"//[^/@]*@", "//***@", text)


def _similar(path: Path) -> Path | None:
    """A file that is there, whose path is like one that is not: in each step the name most like it."""
    at = Path(path.anchor)
    for step in path.parts[1:]:
        there = at / step
        if not there.exists():
            near = _entry_like(at, step)
            if near is None:
                return None
            there = near
        at = there
    return at if at.is_file() and at != path else None


def _entry_like(folder: Path, name: str) -> Path | None:
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return None
    stems = {os.path.splitext(known)[0]: known for known in reversed(names) if not known.startswith(".")}
    near = closest(os.path.splitext(name)[0], stems)  # without endings, which all of them share
    return folder / stems[near] if near else None
