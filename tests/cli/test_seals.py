"""The trail is sealed, checked and proved from the command line; what goes out is checked without a database."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.audit.shelves import BucketShelf, name_of
from tests.audit.sealed import busy_day, trail, unguarded
from tests.cli.conftest import Call
from tests.support.house import House


def test_from_a_key_to_a_proof(house: House, as_: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy_day(house, 1)
    private = tmp_path / "audit.key"
    made = as_("bea", "audit", "key", str(private), "--json").json
    assert private.stat().st_mode & 0o777 == 0o600
    assert as_("bea", "audit", "key", str(private), "--json").code == 1
    configured = tmp_path / "config.toml"
    kept = tmp_path / "digests"
    configured.write_text(f'[audit]\ndigests = "{kept}"\npublic_keys = ["{made["public_key"]}"]\n')
    monkeypatch.setenv("DEBTFLOW_CONFIG", str(configured))
    without = as_("bea", "audit", "seal", "--json").json
    assert (without["sealed"] > 0, without["digests"]) == (True, [])
    monkeypatch.setenv("DEBTFLOW_AUDIT_KEY_FILE", str(private))
    given = as_("bea", "audit", "seal", "--json").json["digests"]
    assert [digest["key"] for digest in given] == [made["key"]] * 2
    (digest,) = (kept / "HARBOR").iterdir()
    assert json.loads(digest.read_text()) == given[0]
    monkeypatch.delenv("DEBTFLOW_AUDIT_KEY_FILE")
    checked = as_("rex", "audit", "verify", "--digest", str(digest), "--json")
    assert (checked.code, checked.json["ok"]) == (0, True)
    assert [chain["signed"] for chain in checked.json["chains"]] == [3, 2]
    assert as_("bea", "audit", "digests", "--json").json["chains"][0]["waiting"] == 0
    event, _ = trail(house)[0]
    proof = tmp_path / "proof.json"
    assert as_("bea", "audit", "prove", str(event), "--out", str(proof)).code == 0
    script = tmp_path / "check_proof.py"
    script.write_text(as_("bea", "audit", "checker", plain=True).out)
    call = [sys.executable, "-I", str(script), str(proof), "--public-key", made["public_key"], "--digest", str(digest)]
    done = subprocess.run(call, capture_output=True, text=True)
    assert (done.returncode, f"row {event} " in done.stdout) == (0, True)
    with unguarded(house):
        house.su.execute("delete from debtflow.audit_log where id = %s", [event])
    found = as_("bea", "audit", "verify", plain=True)
    assert found.code == 1
    assert f"row {event} was removed" in found.out
    assert as_("bea", "audit", "prove", str(event), "--json").error["rule"] == "not_as_sealed"


def test_bad_words(house: House, as_: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = tmp_path / "nothing.json"
    nothing.write_text("{}")
    for said in (
        ("verify", "--digest", str(nothing)),
        ("verify", "--digest", str(tmp_path / "none")),
        ("verify", "--public-key", "x"),
        ("verify", "--from", "someday"),
        ("key", str(tmp_path / "no" / "folder")),
    ):
        assert as_("bea", "audit", *said, "--json").error["code"] == "bad_input", said
    assert as_("bea", "audit", "prove", "999999", "--json").code == 3
    assert as_("ana", "audit", "verify", "--json").code == 6
    assert as_("ana", "audit", "seal", "--json").code == 6
    monkeypatch.setenv("DEBTFLOW_AUDIT_KEY", "hunter2")
    refused = as_("bea", "audit", "seal", "--json")
    assert refused.error["code"] == "misconfigured"
    assert "hunter2" not in refused.out + refused.err


class Objects:
    """A bucket in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def create(self, key: str, data: bytes) -> bool:
        return self.kept.setdefault(key, data) is data

    def read(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def remove(self, key: str) -> None:
        self.kept.pop(key, None)

    def sizes(self, folder: str):
        return ((key, len(data)) for key, data in self.kept.items() if key.startswith(f"{folder}/"))


def test_a_bucket_keeps_the_first_of_a_name_and_gives_the_last_of_a_chain() -> None:
    shelf = BucketShelf(Objects(), "debtflow")
    assert shelf.latest("HARBOR") is None
    for number, words in ((9, "nine"), (10, "ten"), (10, "forged")):
        shelf.put(name_of("HARBOR", number), words)
    shelf.put(name_of("HARBORS", 11), "another's")
    assert shelf.latest("HARBOR") == "ten"
