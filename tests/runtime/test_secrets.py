"""Settings that are secrets: where they come from, what is said when they are not there, and that nobody sees them."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsConfigDict

from templates.runtime import secrets
from templates.runtime.secrets import MissingSecrets, Secret, SecretSettings


class Settings(SecretSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_", frozen=True, hide_input_in_errors=True)

    variables = {"token": "SHOP_TOKEN", "other": "OTHER_KEY", "user": "SHOP_USER"}

    token: Secret
    other: Secret
    user: str = "gateway"
    port: int = 1


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SHOP_TOKEN", "OTHER_KEY", "SHOP_USER", "SHOP_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(secrets, "FOLDER", tmp_path)
    return tmp_path


def values(settings: Settings) -> tuple[str, str, str]:
    return settings.token.get_secret_value(), settings.other.get_secret_value(), settings.user


def test_come_from_the_environment_files_and_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.write_text("in-a-file\n")
    monkeypatch.setenv("SHOP_TOKEN", "in-the-environment")
    monkeypatch.setenv("SHOP_TOKEN_FILE", str(elsewhere))
    monkeypatch.setenv("OTHER_KEY_FILE", str(elsewhere))
    (folder / "shop_user").write_text("in-the-folder\r\n")
    assert values(Settings()) == ("in-the-environment", "in-a-file", "in-the-folder")  # type: ignore[call-arg]
    given: Any = {"token": SecretStr("given"), "other": SecretStr("also"), "user": "too"}
    assert values(Settings(**given)) == ("given", "also", "too")


def test_all_that_are_missing_are_named_at_once() -> None:
    with pytest.raises(MissingSecrets, match=r"no value for SHOP_TOKEN, OTHER_KEY: "):
        Settings()  # type: ignore[call-arg]


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "")
    monkeypatch.setenv("OTHER_KEY", "a")
    with pytest.raises(MissingSecrets, match=r"no value for SHOP_TOKEN: "):
        Settings()  # type: ignore[call-arg]


def test_a_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN_FILE", "/nowhere/at/all")
    with pytest.raises(MissingSecrets, match="SHOP_TOKEN_FILE"):
        Settings()  # type: ignore[call-arg]


@pytest.mark.parametrize("wrong", ["two\nlines", "a\x00b", "tab\tbed"])
def test_nobody_sees_them(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "hunter2")
    monkeypatch.setenv("OTHER_KEY", "hunter2")
    settings = Settings()  # type: ignore[call-arg]
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "hunter2" not in shown
    assert "**********" in shown
    monkeypatch.setenv("SHOP_PORT", "hunter2-port")  # a mistake elsewhere shows nothing of them
    with pytest.raises(ValidationError) as caught:
        Settings()  # type: ignore[call-arg]
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    given: Any = {"token": SecretStr(f"hunter2{wrong}"), "other": SecretStr("a"), "port": 1}
    with pytest.raises(ValidationError, match="a secret of one line") as caught:
        Settings(**given)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
