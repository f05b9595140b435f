from __future__ import annotations

import io

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked, PasswordDeleteError

from debtflow_tui import secrets
from debtflow_tui.secrets import can_remember, find_password, forget_password, prompt_password, remember_password
from services.errors import Misconfigured, NotAllowed


class Drawer(KeyringBackend):
    """A keyring in memory; whether it counts as secure is told by the module it claims."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.locked = False

    def _open(self) -> dict[tuple[str, str], str]:
        if self.locked:
            raise KeyringLocked
        return self.held

    def get_password(self, service: str, username: str) -> str | None:
        return self._open().get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self._open().pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


@pytest.fixture
def drawer(monkeypatch):
    made = Drawer()
    monkeypatch.setattr(keyring, "get_keyring", lambda: made)
    monkeypatch.setattr(secrets, "SECURE", frozenset({Drawer.__module__}))
    return made


@pytest.mark.usefixtures("drawer")
class TestOrder:
    def test_environment_then_file_then_address_then_keyring(self, tmp_path):
        file = tmp_path / "password"
        file.write_text("from file\nsecond line\n")
        remember_password("ana", "db", "from keyring")
        environ = {
            "DEBTFLOW_PASSWORD": "from environment",
            "DEBTFLOW_PASSWORD_FILE": str(file),
            "DEBTFLOW_DATABASE_URL": "postgresql://ana:from%20address@db/x",
        }
        for expected, name in [
            ("from environment", "DEBTFLOW_PASSWORD"),
            ("from file", "DEBTFLOW_PASSWORD_FILE"),
            ("from address", "DEBTFLOW_DATABASE_URL"),
        ]:
            assert find_password("ana", "db", environ) == expected
            del environ[name]
        assert find_password("ana", "db", environ) == "from keyring"

    @pytest.mark.parametrize("content", [None, b"", b"\nsecond\n", b"\xff\xfe"])
    def test_a_named_file_that_holds_none_is_no_reason_to_look_elsewhere(self, tmp_path, content):
        file = tmp_path / "password"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(Misconfigured, match="DEBTFLOW_PASSWORD_FILE"):
            find_password("ana", "db", {"DEBTFLOW_PASSWORD_FILE": str(file)})


class TestKeyring:
    def test_what_is_remembered_belongs_to_one_login_on_one_server(self, drawer):
        remember_password("ana", "db", "secret")
        assert find_password("ana", "db", {}) == "secret"
        assert find_password("bo", "db", {}) is None
        assert find_password("ana", "other", {}) is None

    def test_forgetting_twice_is_forgetting(self, drawer):
        remember_password("ana", "db", "secret")
        forget_password("ana", "db")
        forget_password("ana", "db")
        assert find_password("ana", "db", {}) is None

    def test_a_locked_one_says_so_only_when_asked_to_remember(self, drawer):
        drawer.locked = True
        assert find_password("ana", "db", {}) is None
        forget_password("ana", "db")
        with pytest.raises(Misconfigured, match="secure keyring") as caught:
            remember_password("ana", "db", "hunter2")
        assert "hunter2" not in str(caught.value)

    def test_a_plain_text_one_is_neither_written_nor_read(self, monkeypatch):
        plain = Drawer()
        plain.held["debtflow db", "ana"] = "planted"
        monkeypatch.setattr(keyring, "get_keyring", lambda: plain)
        assert not can_remember()
        assert find_password("ana", "db", {}) is None
        with pytest.raises(Misconfigured, match="secure keyring"):
            remember_password("ana", "db", "secret")
        assert list(plain.held.values()) == ["planted"]

    def test_none_at_all(self, monkeypatch):
        monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
        assert not can_remember()
        assert find_password("ana", "db", {}) is None
        forget_password("ana", "db")


def test_nobody_is_asked_without_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("typed by nobody"))
    with pytest.raises(NotAllowed, match="no terminal") as caught:
        prompt_password("ana")
    assert caught.value.exit_code == 6
