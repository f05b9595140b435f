"""``debtflow sftp`` and ``debtflow import pull``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.imports.files import good
from tests.support.sftpd import PASSWORD, InProcess, in_process


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcess]:
    """HXL's, as the configuration names it."""
    with in_process(tmp_path / "server") as running:
        configure(tmp_path, running, running.host_key("host"))
        monkeypatch.setenv("DEBTFLOW_SFTP_HXL_PASSWORD", PASSWORD)
        yield running


def configure(home: Path, server: InProcess, host_key: str | None, more: str = "") -> None:
    (home / "home").mkdir(exist_ok=True)
    pinned = f'host_key = "{host_key} our note"\n' if host_key else ""
    (home / "home" / "config.toml").write_text(
        f'[sftp.HXL]\nhost = "127.0.0.1"\nport = {server.port}\nuser = "guest"\nfolder = "/drop"\nsettle = 1\n'
        f'pattern = "*.csv"\n{pinned}{more}'
    )


def test_a_server_is_tried_step_by_step(
    words: Call, server: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.write("a.csv", b"x")
    server.write("b.txt", b"x")
    good_one = words("sftp", "test", "HXL", "--json")
    assert good_one.code == 0
    assert [step["ok"] for step in good_one.json["steps"]] == [True] * 4
    assert "2 files in /drop, 1 of them" in good_one.json["steps"][2]["detail"]
    assert server.files() == ["a.csv", "b.txt"]
    assert server.files("processed") == []
    assert PASSWORD not in good_one.out + words("sftp", "test", "HXL").out
    for key in (None, server.host_key("other")):
        configure(tmp_path, server, key)
        stranger = words("sftp", "test", "HXL", "--json")
        assert stranger.code == 1
        assert server.host_key("host") in stranger.json["steps"][0]["detail"]
        assert stranger.json["fingerprint"] in stranger.json["steps"][1]["detail"]
        assert [step["ok"] for step in stranger.json["steps"]] == [True, False]
    configure(tmp_path, server, server.host_key("host"))
    monkeypatch.setenv("DEBTFLOW_SFTP_HXL_PASSWORD", "another")
    assert words("sftp", "test", "HXL", "--json").json["steps"][1]["ok"] is False
    monkeypatch.delenv("DEBTFLOW_SFTP_HXL_PASSWORD")
    monkeypatch.setenv("DEBTFLOW_SFTP_HXL_KEY_FILE", str(server.home / "client"))
    assert words("sftp", "test", "HXL", "--json").code == 0
    configure(tmp_path, server, server.host_key("host"), f'key_file = "{server.home / "client"}"\n')
    monkeypatch.delenv("DEBTFLOW_SFTP_HXL_KEY_FILE")
    assert words("sftp", "test", "HXL", "--json").code == 0
    nobody = words("sftp", "test", "MED", "--json")
    assert nobody.code == 3
    assert "[sftp.MED]" in nobody.error["hint"]


def test_files_are_fetched_by_command(as_: Call, server: InProcess) -> None:
    server.write("a.csv", good(3))
    first = as_("bea", "import", "pull")
    assert first.code == 0
    assert first.json["clients"][0]["files"][0]["outcome"] == "waiting"
    server.write("bad.csv", b"")
    taken = as_("bea", "import", "pull", "HXL", "--wait")
    assert taken.code == 1
    assert {step["name"]: step["outcome"] for step in taken.json["clients"][0]["files"]} == {
        "a.csv": "taken", "bad.csv": "refused",
    }  # fmt: skip
    files = as_("rex", "sftp", "files", "HXL").json["files"]
    assert [(file["name"], file["state"]) for file in files] == [("bad.csv", "quarantined"), ("a.csv", "taken")]
    assert files[1]["batch"] == as_("bea", "import", "list").json["batches"][0]["batch"]
    page = as_("rex", "sftp", "files", "--limit", "1").json
    rest = as_("rex", "sftp", "files", "--limit", "1", "--after", str(page["next"])).json
    assert [file["name"] for file in (*page["files"], *rest["files"])] == ["bad.csv", "a.csv"]
    assert as_("rex", "sftp", "files", "--state", "gone").json["files"] == []
    assert as_("rex", "sftp", "files", "--state", "odd").code == 2
    (client,) = as_("rex", "sftp", "list").json["clients"]
    assert (client["client"], client["taken"], client["refused"], client["trouble"]) == ("HXL", 1, 1, None)
    assert "HXL" in as_("rex", "sftp", "list", plain=True).out
    assert "quarantined" in as_("rex", "sftp", "files", plain=True).out
    header, *rows = good(2, "E").decode().splitlines()
    server.write("errors.csv", "\r\n".join((header, rows[0], rows[1].replace("102.50", "none"))).encode())
    batch = as_("bea", "import", "pull", "HXL", "--wait").json["clients"][0]["files"][0]["batch"]
    back = as_("bea", "sftp", "give-back", str(batch))
    assert (back.code, back.json["rows"], back.json["client"]) == (0, 1, "HXL")
    assert b"none" in (server.drop / back.json["file"]).read_bytes()
    assert as_("rex", "sftp", "give-back", str(batch)).code == 6
    assert as_("bea", "import", "pull", "MED").code == 3
    for who in ("ana", "rex"):
        assert as_(who, "import", "pull", "HXL").code == 6
        assert as_(who, "import", "pull").code == 6


def test_what_keeps_us_from_a_server_is_said(as_: Call, server: InProcess, tmp_path: Path) -> None:
    configure(tmp_path, server, server.host_key("other"))
    assert as_("bea", "import", "pull", "HXL").error["rule"] == "sftp-host-key"
    assert as_("bea", "import", "pull").code == 1
    assert "another host key" in as_("bea", "sftp", "list").json["clients"][0]["trouble"]
    for wrong, why in (
        ('password = "x"\n', "secret"),
        ("every = 0\n", "1 to 1440"),
        ('processed = "a/b"\n', "slash"),
        ('host_key = "SHA256:abc"\n', "ssh-ed25519"),
        ('kinds = { "*" = "odd" }\n', "placements"),
        ("colour = 1\n", "not a setting"),
    ):
        configure(tmp_path, server, None, wrong)
        refused = as_("bea", "import", "pull")
        assert refused.code == 2
        assert why in refused.error["message"]
