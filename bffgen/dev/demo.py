"""`make demo`: the storefront example from its spec to an answer, by commands that a user would type."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, perf_counter, sleep

from bffgen.dev.server import listen, read_spec, start_gateway, start_mocks, url_of, url_variables

SPEC = Path("specs/storefront/storefront.yaml")
ENDPOINT = "GET /products/{product_id}"
START_SECONDS = 30.0


def main() -> int:
    once = "--once" in sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bffgen-demo-")))
        try:
            return _demo(stack, folder, once)
        except KeyboardInterrupt:
            print("\nstopped")
            return 0


def _demo(stack: ExitStack, folder: Path, once: bool) -> int:
    project = folder / "storefront"
    if _bffgen("generate", str(SPEC), "-o", str(project)):
        return 1
    url, answer = _start(stack, folder, project), ""
    try:
        answer, seconds = _call(f"{url}/products/42?min_rating=4")
    except OSError as reason:
        print(f"error: the gateway did not answer ({reason})", file=sys.stderr)
        print((folder / "servers.log").read_text(), file=sys.stderr)
        return 1
    _say(f"$ curl '{url}/products/42?min_rating=4'", f"   # three backends at once, {seconds * 1000:.0f} ms")
    print(_coloured(json.dumps(json.loads(answer), indent=2, ensure_ascii=False)))
    if _bffgen("plan", str(SPEC), "-e", ENDPOINT):
        return 1
    print(_next_steps(url))
    if not once:
        print(f"\nserving {url} until Ctrl-C", flush=True)
        while True:
            sleep(3600)
    return 0


def _start(stack: ExitStack, folder: Path, project: Path) -> str:
    """Start the mocks and the gateway; the gateway's address."""
    spec = read_spec(SPEC)
    assert spec is not None
    log = stack.enter_context((folder / "servers.log").open("w"))
    backends = {name: listen() for name in spec.backends}
    own = listen()
    stack.callback(start_mocks(SPEC, backends, log).stop)
    stack.callback(start_gateway(project, own, url_variables(spec.name, backends), log).stop)
    url = url_of(own)
    print(f"\nmock backends: {', '.join(f'{name} {url_of(opened)}' for name, opened in backends.items())}")
    print(f"gateway:       {url}\n", flush=True)
    for opened in (*backends.values(), own):
        opened.close()  # the children hold them: if one ends, its port refuses instead of hanging
    return url


def _call(url: str) -> tuple[str, float]:
    """The body of the answer, and how long the last try took: the first one may find the gateway starting."""
    until = monotonic() + START_SECONDS
    while True:
        started = perf_counter()
        try:
            with urllib.request.urlopen(url, timeout=START_SECONDS) as answer:
                text = answer.read().decode()
            if perf_counter() - started < 0.25 or monotonic() > until:
                return text, perf_counter() - started
        except urllib.error.HTTPError as refused:
            if monotonic() > until or refused.code < 500:
                raise
            sleep(0.2)


def _bffgen(*arguments: str) -> int:
    _say(f"$ bffgen {shlex.join(arguments)}")
    return subprocess.run([sys.executable, "-m", "bffgen", *arguments], check=False).returncode


def _next_steps(url: str) -> str:
    review = json.dumps({"author_id": 7, "rating": 5, "text": "Warm light and a heavy base."})
    lines = (
        f"curl '{url}/products?q=lamp&only_available=true'",
        f"curl '{url}/customers/7'",
        f"curl -i -H 'Content-Type: application/json' -d '{review}' {url}/products/42/reviews",
        f"curl -i {url}/products/none       # a problem document, RFC 9457",
        f"curl {url}/openapi.json            # every status that each endpoint can answer",
    )
    return "\nnext:\n" + "\n".join(f"  {line}" for line in lines)


def _say(command: str, note: str = "") -> None:
    print(f"\x1b[1m{command}\x1b[0m{note}" if _colour() else f"{command}{note}", flush=True)


def _coloured(text: str) -> str:
    if not _colour():
        return text
    from io import StringIO

    from rich.console import Console
    from rich.syntax import Syntax

    console = Console(file=StringIO(), force_terminal=True, width=100)
    console.print(Syntax(text, "json", background_color="default", theme="ansi_dark"))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().rstrip()


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


if __name__ == "__main__":
    sys.exit(main())
