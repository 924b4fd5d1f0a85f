"""The whole project: plan in, files out. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from bffgen.plan.files import File, FileTree, file_tree
from bffgen.plan.model import BackendPlan, GatewayPlan
from bffgen.render.auth import auth_view
from bffgen.render.backends import backends_view
from bffgen.render.code import dotted, identifier, json_text, literal, toml_string
from bffgen.render.edge import app_imports, cors_view
from bffgen.render.environment import render as render_template
from bffgen.render.environment import templates
from bffgen.render.format import format_python
from bffgen.render.models import start_models
from bffgen.render.policies import has_policies, policies_of, policy_imports, settings_view
from bffgen.render.security import security_view
from bffgen.render.seeing import seeing_view, wanted_of
from bffgen.render.tests import test_files
from bffgen.render.texts import readme
from bffgen.render.views import View, client_view, endpoint_view, natural, proxies_view, shapes_view

SCAFFOLDS = frozenset({"main.py", "functions.py"})
"""Files that are the user's once they are written."""


def render(plan: GatewayPlan, models: Callable[[], dict[str, str]] | None = None) -> FileTree:
    """Every file of the emitted project. `models` is what `start_models` gave, if that was called before."""
    models = models or start_models(plan.models)  # elsewhere: everything else is rendered meanwhile
    texts = {path: str(text) for path, text in _all(plan)} | models()
    texts |= format_python({path: text for path, text in texts.items() if path.endswith(".py")})
    if plan.functions is not None:  # it is the user's: as it is
        texts["functions.py"] = plan.functions.text
    texts |= {f"{plan.package}/runtime/{name}": text for name, text in runtime_files(texts.values()).items()}
    return file_tree({path: File(text.encode(), path in SCAFFOLDS) for path, text in texts.items()})


def _all(plan: GatewayPlan) -> Iterator[tuple[str, str]]:
    yield from _top(plan)
    yield from _package(plan)
    yield from test_files(plan)


def _top(plan: GatewayPlan) -> Iterator[tuple[str, str]]:
    package = identifier(plan.package)
    yield "main.py", render_template("main.py.jinja", package=package)
    yield (
        "pyproject.toml",
        render_template(
            "pyproject.toml.jinja",
            package=package,
            distribution=toml_string(distribution_name(plan.name)),
            version=toml_string(distribution_version(plan.version)),
            multipart=plan.multipart,
            http2=plan.http2,
            tokens=plan.security is not None and any(one.tokens for one in plan.security.schemes),
            traces=wanted_of(plan)["traces"],
        ),
    )
    server = {"package": package, "host": identifier(f"{plan.package.upper()}_LISTEN_HOST")}
    yield "Dockerfile", render_template("Dockerfile.jinja", **server)
    yield ".gitattributes", _constant("gitattributes")
    yield ".dockerignore", _constant("dockerignore")
    yield "README.md", readme(plan)
    yield "openapi.json", json_text(plan.document)


def _package(plan: GatewayPlan) -> Iterator[tuple[str, str]]:
    root, backends = plan.package, [_backend_view(backend) for backend in plan.backends]
    yield f"{root}/__init__.py", render_template("package/__init__.py.jinja")
    yield f"{root}/__main__.py", render_template("package/__main__.py.jinja", package=identifier(root))
    yield f"{root}/app.py", render_template("package/app.py.jinja", **_app_view(plan))
    settings = {"env_prefix": literal(f"{plan.package.upper()}_"), **settings_view(plan)}
    yield f"{root}/settings.py", render_template("package/settings.py.jinja", **settings)
    policies, auth = [view for view in backends if view["policies"]], auth_view(plan)
    product = f"{distribution_name(plan.name)}/{distribution_version(plan.version)}"
    opened = render_template("package/backends/__init__.py.jinja", **backends_view(plan, product))
    yield f"{root}/backends/__init__.py", opened
    if policies:
        texts = {"backends": policies, "imports": policy_imports(plan), "measures": wanted_of(plan)["metrics"]}
        yield f"{root}/policies.py", render_template("package/policies.py.jinja", **texts)
    if auth is not None:
        yield f"{root}/auth.py", render_template("package/auth.py.jinja", **auth)
    if plan.seeing is not None:
        yield f"{root}/seeing.py", render_template("package/seeing.py.jinja", **seeing_view(plan))
    for backend in plan.backends:
        yield _path(backend.module), render_template("package/backends/client.py.jinja", **client_view(backend))
    if plan.shapes is not None:
        yield f"{root}/shapes.py", render_template("package/shapes.py.jinja", **shapes_view(plan.shapes))
    if plan.envelope is not None:
        yield f"{root}/envelope.py", render_template("package/envelope.py.jinja", **shapes_view(plan.envelope))
    if plan.functions is not None and plan.functions.names:
        names = [identifier(name) for name in plan.functions.names]
        yield f"{root}/functions.py", render_template("package/functions.py.jinja", names=names)
    if plan.proxies:
        yield f"{root}/proxies.py", render_template("package/proxies.py.jinja", **proxies_view(plan.proxies))
    if plan.security is not None:
        yield f"{root}/security.py", render_template("package/security.py.jinja", **security_view(plan, plan.security))
    yield f"{root}/models/__init__.py", render_template("package/models/__init__.py.jinja")
    yield f"{root}/endpoints/__init__.py", render_template("package/endpoints/__init__.py.jinja")
    for endpoint in plan.endpoints:
        yield _path(endpoint.module), render_template("package/endpoints/endpoint.py.jinja", **endpoint_view(endpoint))


def _app_view(plan: GatewayPlan) -> Mapping[str, object]:
    modules = sorted((endpoint.module.rpartition(".")[2] for endpoint in plan.endpoints), key=natural)
    return {
        "title": literal(plan.title),
        "version": literal(plan.version),
        "endpoints": [identifier(module) for module in modules],
        "proxies": bool(plan.proxies),
        "policies": any(has_policies(backend) for backend in plan.backends),
        "seeing": seeing_view(plan),
        "envelope": plan.envelope is not None,
        "larger": literal(list(plan.larger)) if plan.larger else None,
        "security": plan.security is not None,
        "limits": plan.limits,
        "runtime": app_imports(plan),
        "cors": cors_view(plan.cors) if plan.cors is not None else None,
    }


def _backend_view(backend: BackendPlan) -> View:
    return {
        "name": identifier(backend.attribute),
        "label": literal(backend.attribute),
        "class_name": identifier(backend.class_name),
        "policies": policies_of(backend) if has_policies(backend) else None,
    }


def runtime_files(texts: Iterable[str]) -> Mapping[str, str]:
    """The runtime's modules that the texts import, and those that these need, copied as they are."""
    folder: Path = templates() / "runtime"
    found: dict[str, str] = {}
    wanted = {"__init__", *(name for text in texts for name in _RUNTIME.findall(text))}
    while wanted:
        name = wanted.pop()
        found[f"{name}.py"] = text = (folder / f"{name}.py").read_text(encoding="utf-8")
        wanted |= {other for other in _imported_siblings(text) if f"{other}.py" not in found}
    return dict(sorted(found.items()))


_RUNTIME = re.compile(r"^ *from \.{1,2}runtime\.(\w+) import", re.MULTILINE)
_SIBLING = re.compile(r"^ *from \.(\w*) import (.+)$", re.MULTILINE)


def _imported_siblings(text: str) -> set[str]:
    """What a module imports of its package: `from .x import y`, `from . import x, y`."""
    found: set[str] = set()
    for module, names in _SIBLING.findall(text):
        found.update([module] if module else (name.strip() for name in names.split(",")))
    return found


def _constant(name: str) -> str:
    return (templates() / name).read_text(encoding="utf-8")


def _path(module: str) -> str:
    return dotted(module).replace(".", "/") + ".py"


def distribution_name(name: str) -> str:
    """The name as a package index would have it (PEP 503)."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain or "gateway"


def distribution_version(version: str) -> str:
    """The version if it is one of PEP 440's common forms, else 0."""
    found = re.fullmatch(r"\d{1,9}(\.\d{1,9}){0,3}((a|b|rc)\d{1,9})?(\.post\d{1,9})?(\.dev\d{1,9})?", version)
    return version if found else "0"
