"""Usage, exit codes, and what a command never does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from debtflow_tui.cli import audit
from services import errors
from tests.cli.conftest import Call

ROOT = Path(__file__).parents[2]


def debtflow(*words: str, stdin: int = subprocess.DEVNULL, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "debtflow_tui", *words], env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdin=stdin, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


# ---- what is loaded -------------------------------------------------------------------------------------------------

HEAVY = ("textual", "rich", "stripe", "paramiko", "obstore")
DATABASE = ("sqlalchemy", "psycopg", "alembic", "pydantic", "services.store")


def loaded_after(*words: str) -> set[str]:
    probe = (
        "import json, sys; from debtflow_tui.cli.run import run; code = run(sys.argv[1:]); "
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *words], env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    _, modules = json.loads(done.stderr.strip().splitlines()[-1])
    return set(modules)


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("payment", "post", "--help"), ("import", "--help"),
                                   ("account", "find", "--help"), ("user", "add", "--help")])  # fmt: skip
def test_help_and_version_load_no_database(words: tuple[str, ...]) -> None:
    assert not loaded_after(*words) & {*HEAVY, *DATABASE}


def test_a_scripted_command_loads_no_screen_and_no_gateway(house, as_, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBTFLOW_USER", "bea")
    monkeypatch.setenv("DEBTFLOW_PASSWORD", "bea-password")
    for words in (("account", "find", "--json"), ("import", "list"), ("doctor",), ("user", "list")):
        loaded = loaded_after(*words)
        assert "services.store" in loaded
        assert not loaded & set(HEAVY)


# ---- words that are no command ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", [("nonsense",), ("account", "nonsense"), ("account", "find", "--nonsense"), ("payment", "post"),
             ("account", "find", "--limit", "0"), ("ledger", "replay"), ("import", "stage", "x.csv")],
)  # fmt: skip
def test_wrong_words_are_exit_code_2(words: Call, said: tuple[str, ...]) -> None:
    plain = words(*said)
    assert plain.code == 2
    assert plain.out == ""
    assert plain.err.startswith("debtflow: ")
    assert plain.err.count("\n") == 1
    answered = words(*said, "--json")
    assert answered.code == 2
    assert answered.error["code"] == "usage"


@pytest.mark.parametrize(
    "said", [("account", "find", "4242424242424242"), ("account", "note", "10023-3", "card 4242 4242 4242 4242"),
             ("payment", "post", "--reference=4242-4242-4242-4242"), ("audit", "list", "--who", "378282246310005")],
)  # fmt: skip
def test_a_card_number_goes_into_no_command(words: Call, said: tuple[str, ...]) -> None:
    answered = words(*said, "--json")
    assert (answered.code, answered.error["rule"]) == (1, "card-number")
    assert "4242" not in answered.out.replace("last 4", "")


def test_keys_and_phones_are_no_card_numbers(words: Call) -> None:
    key, phone = "12344242-4242-4242-8242-424242424242", "+4242424242424242"
    assert words("account", "find", phone, "--json").error["code"] == "not_allowed"
    assert words("account", "find", key, "--json").error["code"] == "not_allowed"


def test_json_is_taken_before_the_command_as_well(words: Call) -> None:
    assert words("--json", "account", "find", "x").error["code"] == "not_allowed"
    assert words("account", "--json", "find", "x").error["code"] == "not_allowed"


def test_what_follows_two_dashes_is_no_option(words: Call) -> None:
    said = words("account", "show", "--", "--json")
    assert said.code == 2
    assert said.out == ""


def test_without_a_terminal_the_screens_are_refused() -> None:
    done = debtflow()
    assert done.returncode == 2
    assert done.stdout == ""
    assert "account find" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_version_goes_to_stdout() -> None:
    done = debtflow("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("debtflow ")


# ---- exit codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.Refused("no", rule="overpayment", hint="less"), 1),
        (errors.BadInput("amount", "no"), 2),
        (errors.Misconfigured("no"), 2),
        (errors.NotFound("no"), 3),
        (errors.Busy("no"), 4),
        (errors.Stale("no"), 4),
        (errors.Unreachable("no"), 5),
        (errors.NotAllowed("no"), 6),
        (errors.SessionExpired("no"), 6),
    ],
)
def test_every_error_has_its_exit_code(
    words: Call, monkeypatch: pytest.MonkeyPatch, error: errors.DebtFlowError, code: int
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(audit, "signed_in", fail)
    said = words("audit", "list", "--json")
    assert said.code == code
    assert said.error["code"] == error.code
    assert said.error["message"] == "no"
    assert said.error.get("rule") == error.rule
    assert said.error.get("hint") == error.hint
    assert said.err.count("\n") == 1


def test_a_bug_is_70_and_keeps_its_secrets(words: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail() -> None:
        raise KeyError("s3cret")

    monkeypatch.setattr(audit, "signed_in", fail)
    said = words("audit", "list", "--json")
    assert said.code == 70
    assert said.error["code"] == "bug"
    assert "s3cret" not in said.out + said.err
    assert "Traceback" in words("audit", "list", "--debug").err
    monkeypatch.setenv("DEBTFLOW_LOG", str(tmp_path / "log"))
    words("audit", "list")
    assert "s3cret" in (tmp_path / "log").read_text()


def test_an_interrupted_command_is_130(house, as_, tmp_path: Path) -> None:
    slow = tmp_path / "slow.csv"
    os.mkfifo(slow)
    process = subprocess.Popen(
        [sys.executable, "-m", "debtflow_tui", "import", "stage", str(slow), "--client", "HXL"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "DEBTFLOW_USER": "bea", "DEBTFLOW_PASSWORD": "bea-password"},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with os.fdopen(_writing_end(slow, process), "w"):
        # Between the last look for signals and the read itself an interrupt is only noted: it has to sit in the read.
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "debtflow: interrupted"


def _writing_end(pipe: Path, process: subprocess.Popen[str]) -> int:
    """Opens once the command has opened the other end, and so is reading."""
    while process.poll() is None:
        with suppress(OSError):
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        time.sleep(0.02)
    raise AssertionError(process.communicate())


def test_a_reader_that_has_seen_enough_is_no_error(house, as_) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "debtflow_tui", "user", "list"], stdin=subprocess.DEVNULL, stdout=writer,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DEBTFLOW_USER": "ada", "DEBTFLOW_PASSWORD": "ada-password"},
        stderr=subprocess.PIPE, text=True, timeout=60, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


# ---- signing in ------------------------------------------------------------------------------------------------------


def test_no_login_and_no_terminal_is_not_allowed(words: Call) -> None:
    said = words("account", "find", "x", "--json")
    assert said.code == 6
    assert said.error["rule"] == "sign_in"
    assert "DEBTFLOW_USER" in said.error["hint"]


def test_a_wrong_password_is_not_allowed(as_: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    as_("ana", "account", "find")
    monkeypatch.setenv("DEBTFLOW_USER", "ana")
    monkeypatch.setattr("tests.cli.conftest.password_of", lambda login: "wrong")
    said = as_("ana", "account", "find")
    assert said.code == 6
    assert "wrong" not in said.out + said.err


def test_no_password_says_where_to_put_one(house, words: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBTFLOW_DATABASE_URL", house.url)
    monkeypatch.setenv("DEBTFLOW_USER", "ana")
    said = words("account", "find", "--json")
    assert said.code == 6
    assert "DEBTFLOW_PASSWORD" in said.error["hint"]


def test_a_password_may_stand_in_a_file(as_: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text("ana-password\n")
    monkeypatch.setenv("DEBTFLOW_PASSWORD_FILE", str(file))
    monkeypatch.setattr("tests.cli.conftest.password_of", lambda login: "")
    assert as_("ana", "account", "find").json["accounts"] == []


def test_no_server_is_unreachable(words: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEBTFLOW_DATABASE_URL", f"postgresql:///debtflow?host={tmp_path}")
    monkeypatch.setenv("DEBTFLOW_USER", "ana")
    monkeypatch.setenv("DEBTFLOW_PASSWORD", "x")
    assert words("account", "find", "--json").code == 5


def test_no_database_at_all_names_the_demo(words: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBTFLOW_USER", "ana")
    monkeypatch.setenv("DEBTFLOW_PASSWORD", "x")
    said = words("account", "find", "--json")
    assert said.code == 2
    assert "debtflow demo" in said.error["hint"]


def test_a_command_closes_its_session(house, as_: Call) -> None:
    as_("ana", "account", "find")
    assert house.one("select count(*) from debtflow.session where ended_at is null") == 0
    assert house.one("select count(*) from debtflow.session") == 1
