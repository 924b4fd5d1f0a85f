"""Runs a program under an audit hook, and prints as JSON what it did that could reach beyond it.

    python audited.py WORK FOLDER ... -- generate SPEC -o OUT      the compiler
    python audited.py WORK FOLDER ... -- import OUT PACKAGE        an emitted project, every module of it
    python audited.py WORK FOLDER ... -- run FILE                  any program

WORK is where files may be written, FOLDERs are where files may be read beside Python's own. The hook cannot be
removed. `BFFPWN` is a builtin that tells on whoever calls it.
"""

from __future__ import annotations

import builtins
import json
import os
import sys
import tempfile
from types import CodeType
from typing import Any

MARKER = "BFFPWN"
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
NETWORK = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto")
PROCESSES = ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn", "os.startfile")

found: dict[str, list[Any]] = {"network": [], "processes": [], "writes": [], "reads": [], "code": [], "called": []}


def main() -> None:
    cut = sys.argv.index("--")
    work, *folders = sys.argv[1:cut]
    command, *arguments = sys.argv[cut + 1 :]
    temporary = os.path.join(tempfile.gettempdir(), "bffgen-")
    prefixes = (sys.prefix, sys.base_prefix, os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix))
    readable = (*prefixes, *folders, work, temporary, "/dev/null", "/usr/lib", "/usr/local/lib", "/proc/self")
    setattr(builtins, MARKER, lambda *_, **__: found["called"].append("BFFPWN()"))
    sys.addaudithook(
        lambda event, args: _audit(event, args, (work, temporary, "/dev/null"), readable, command != "import")
    )
    try:
        status = {"generate": _generate, "import": _import, "run": _run}[command](*arguments)
    finally:
        found_now = {kind: list(dict.fromkeys(map(str, what))) for kind, what in found.items()}
        sys.stdout.flush()
        print(json.dumps(found_now))
    raise SystemExit(status)


def _audit(
    event: str, args: tuple[Any, ...], writable: tuple[str, ...], readable: tuple[str, ...], compiling: bool
) -> None:
    """Note an event. The emitted project may have a class of the marker's name, the compiler runs nothing with it."""
    if event == "open":
        _opened(args[0], args[2] or 0, writable, readable)
    elif event in NETWORK:
        found["network"].append((event, args[1:]))
    elif event == "subprocess.Popen":
        found["processes"].append(
            [str(part) for part in (args[1] if isinstance(args[1], (list, tuple)) else [args[1]])]
        )
    elif event in PROCESSES:
        found["processes"].append((event, args))
    elif event == "exec" and compiling and isinstance(args[0], CodeType) and _speaks_of(args[0]):
        found["code"].append((args[0].co_filename, args[0].co_name))


def _opened(path: Any, flags: int, writable: tuple[str, ...], readable: tuple[str, ...]) -> None:
    if isinstance(path, int):
        return
    full = os.path.abspath(os.fsdecode(path))
    if flags & WRITES and not full.startswith(writable):
        found["writes"].append(full)
    elif not full.startswith(readable):
        found["reads"].append(full)


def _speaks_of(code: CodeType) -> bool:
    """Whether code that is about to run has the marker as a name."""
    inner = (one for one in code.co_consts if isinstance(one, CodeType))
    return MARKER in (*code.co_names, *code.co_varnames) or any(map(_speaks_of, inner))


def _run(path: str) -> int:
    with open(path) as file:
        exec(compile(file.read(), path, "exec"), {})
    return 0


def _generate(*arguments: str) -> int:
    from bffgen.cli import run

    sys.argv = ["bffgen", "generate", *arguments]
    try:
        run()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _import(out: str, package: str) -> int:
    """Import all modules, evaluate all annotations, make the application and every schema."""
    import importlib
    import pkgutil
    import typing

    from pydantic import BaseModel, TypeAdapter

    sys.path.insert(0, out)
    names = [one.name for one in pkgutil.walk_packages([out]) if one.name.partition(".")[0] in (package, "main")]
    for name in [*names, "tests.data"]:
        module = importlib.import_module(name)
        for value in list(vars(module).values()):
            if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == name:
                typing.get_type_hints(value, include_extras=True)
                value.model_json_schema()
            if isinstance(value, TypeAdapter):
                value.json_schema()
    importlib.import_module(package).create_app()
    return 0 if len(names) > 20 else 3


if __name__ == "__main__":
    main()
