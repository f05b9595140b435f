from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from debtflow_tui import config
from debtflow_tui.config import load, split_url
from services.errors import Misconfigured

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> dict[str, str]:
        (tmp_path / "config.toml").write_text(text)
        return {"DEBTFLOW_HOME": str(tmp_path)}

    return write


def refusal(environ: dict[str, str]) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        load(environ)
    assert caught.value.exit_code == 2
    return caught.value


class TestExample:
    def uncommented(self) -> str:
        return re.sub(r'^#(?=[a-z"][^ ]* = |\[)', "", EXAMPLE.read_text(), flags=re.MULTILINE)

    def test_loads_as_it_stands_and_changes_nothing(self, write, tmp_path):
        loaded = load(write(EXAMPLE.read_text()))
        empty = load(write(""))
        assert loaded == empty

    def test_names_every_key(self, write):
        loaded = load(write(self.uncommented()))
        for name, kind in config.SECTIONS.items():
            for key in fields(kind):
                assert re.search(rf"^#?{key.name} = |^\[{name}\.{key.name}\]", EXAMPLE.read_text(), re.MULTILINE), key
        assert loaded.sftp["HXL"].host == "sftp.example.org"
        assert loaded.release["HXL"] == config.ReleaseSettings("0.5%", 20_000, True)
        for key in (*fields(config.SftpSettings), *fields(config.ReleaseSettings)):
            assert re.search(rf"^#{key.name} = ", EXAMPLE.read_text(), re.MULTILINE), key
        assert loaded.database.url == "postgresql://db.example.org/debtflow?sslmode=verify-full"
        assert loaded.database.binaries == Path("/usr/lib/postgresql/15/bin")
        assert loaded.ui.keymap == {"account.note": "n,ctrl+n"}
        assert loaded.user == "ana"
        assert loaded.gateway == config.GatewaySettings(
            "stripe", "https://www.example.org/thank-you", "http://127.0.0.1:4242"
        )


class TestOrder:
    def test_environment_comes_before_the_file(self, write):
        environ = write('[database]\nurl = "postgresql:///file"\n[session]\nuser = "file"\n')
        settings = load(environ | {"DEBTFLOW_DATABASE_URL": "postgresql:///env", "DEBTFLOW_USER": "env"})
        assert (settings.database.url, settings.user) == ("postgresql:///env", "env")

    def test_the_user_of_the_address_is_the_last_resort(self, write):
        environ = write('[database]\nurl = "postgresql://ana@db/x"\n')
        assert load(environ).user == "ana"
        assert load(environ).database.url == "postgresql://db/x"
        assert load(environ | {"DEBTFLOW_USER": "bo"}).user == "bo"

    def test_nothing_set_means_embedded(self, tmp_path):
        settings = load({"DEBTFLOW_HOME": str(tmp_path)})
        assert settings.embedded
        assert settings.config_file is None
        assert settings.home == tmp_path

    def test_an_own_home_does_not_follow_the_configuration_of_the_user(self, tmp_path, monkeypatch):
        elsewhere = tmp_path / "config" / "debtflow"
        elsewhere.mkdir(parents=True)
        (elsewhere / "config.toml").write_text('[database]\nurl = "postgresql://production/debtflow"\n')
        monkeypatch.setattr(config, "_default_config", lambda: elsewhere / "config.toml")
        assert load({}).database.url == "postgresql://production/debtflow"
        assert load({"DEBTFLOW_HOME": str(tmp_path)}).embedded

    def test_empty_variables_are_as_good_as_none(self, tmp_path):
        environ = {"DEBTFLOW_HOME": str(tmp_path), "DEBTFLOW_DATABASE_URL": "", "DEBTFLOW_USER": "", "DEBTFLOW_LOG": ""}
        settings = load(environ)
        assert settings.embedded
        assert (settings.user, settings.log) == (None, None)


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "line", "said"),
        [
            ("[database]\nurll = 'x'\n", 2, "urll in [database] is not a setting"),
            ("\n[databas]\n", 2, "databas is not a setting"),
            ("colour = 'red'\n[ui]\n", 1, "colour is not a setting"),
            ("[ui]\nslow_line = 'yes'\n", 2, "must be true or false"),
            ("[ui]\n\nproduction = 1\n", 3, "must be true or false"),
            ("[database]\npool_size = 0\n", 2, "must be a whole number from 1 to 50"),
            ("[database]\npool_size = true\n", 2, "must be a whole number from 1 to 50"),
            ("[database]\npool_wait = 5.5\n", 2, "must be a whole number from 1 to 60"),
            ("[database]\nbinaries = 'bin'\n", 2, "must be an absolute path"),
            ("[database]\nurl = 'db.example.org'\n", 2, "must be an address"),
            ("[database]\nurl = 'postgresql://[::1'\n", 2, "is not an address"),
            ("[gateway]\nprovider = 'strip'\n", 2, 'must be "stripe"'),
            ("[gateway]\napi_base = 'https://api.stripe.com'\n", 2, "an address of this machine"),
            ("[gateway]\napi_base = 'http://127.0.0.1.example.org:80'\n", 2, "an address of this machine"),
            ("[gateway]\napi_base = 'http://127.0.0.1:1@example.org'\n", 2, "an address of this machine"),
            ("[gateway]\napi_base = 'http://[::1'\n", 2, "is not an address"),
            ("[files]\nkeep = 'disk'\n", 2, 'must be "database" or "bucket"'),
            ("[files]\nendpoint = 'http://s3.example.org'\n", 2, "must be an address such as https://"),
            ("[files]\nendpoint = 'https://me@s3.example.org'\n", 2, "must be an address such as https://"),
            ("[files]\nbucket = 'No Bucket'\n", 2, "must be the name of a bucket"),
            ("[files]\nprefix = '../other'\n", 2, "must be folders"),
            ("[files]\nsecret_key = 'abc'\n", 2, "holds a secret"),
            ("[gateway]\nthanks_url = 'http://example.org'\n", 2, "must be a page"),
            ("[session]\nuser = ''\n", 2, "must be a text"),
            ("[ui.keymap]\n'a.b' = 3\n", 1, "must be a table of keys"),
            ("[ui]\nkeymap = 'n'\n", 2, "must be a table of keys"),
        ],
    )
    def test_file_line_and_key_are_named(self, write, tmp_path, text, line, said):
        error = refusal(write(text))
        assert f"{tmp_path / 'config.toml'}:{line}: " in error.message
        assert said in error.message

    def test_an_unknown_key_is_answered_with_the_known_ones(self, write):
        assert "pool_size" in (refusal(write("[database]\npoolsize = 3\n")).hint or "")

    def test_broken_toml_says_where(self, write):
        assert "line 2" in refusal(write("[ui]\ntheme = \n")).message

    def test_a_named_file_must_exist(self, tmp_path):
        assert "missing.toml" in refusal({"DEBTFLOW_CONFIG": str(tmp_path / "missing.toml")}).message

    def test_text_that_is_not_utf8(self, tmp_path):
        (tmp_path / "config.toml").write_bytes(b"[session]\nuser = '\xe9'\n")
        assert "UTF-8" in refusal({"DEBTFLOW_HOME": str(tmp_path)}).message

    @pytest.mark.parametrize(
        "text",
        [
            "[database]\npassword = 'hunter2'\n",
            "[database]\nurl = 'postgresql://ana:hunter2@db/x'\n",
            "[database]\nurl = 'postgresql://db/x?user=ana&password=hunter2'\n",
            "[session]\ndb_passwd = 'hunter2'\n",
            "stripe_api_key = 'hunter2'\n",
            "[gateway]\napi_key = 'hunter2'\n",
            "[gateway]\nprovider = 'sk_live_hunter2'\n",
            "[gateway]\nkey = ' rk_test_hunter2'\n",
            "[session]\nuser = 'whsec_hunter2'\n",
        ],
    )
    def test_a_secret_in_the_file_is_refused_and_not_repeated(self, write, text):
        error = refusal(write(text))
        assert "holds a secret" in error.message
        assert "hunter2" not in f"{error.message}{error.hint}"
        assert "DEBTFLOW_PASSWORD" in (error.hint or "")

    def test_a_wrong_address_in_the_environment_is_not_repeated(self, tmp_path):
        error = refusal({"DEBTFLOW_HOME": str(tmp_path), "DEBTFLOW_DATABASE_URL": "mysql://ana:hunter2@db/x"})
        assert "DEBTFLOW_DATABASE_URL" in error.message
        assert "hunter2" not in str(error)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgresql:///debtflow?host=/run/a%20b", ("postgresql:///debtflow?host=/run/a%20b", None, None)),
        ("postgresql://ana:p%40ss@db:5433/x", ("postgresql://db:5433/x", "ana", "p@ss")),
        ("postgresql://ana@/x", ("postgresql:///x", "ana", None)),
        ("postgres://db/x?sslmode=require&user=bo&password=s", ("postgres://db/x?sslmode=require", "bo", "s")),
        ("postgresql://a@b:s@db/x", ("postgresql://db/x", "a@b", "s")),
    ],
)
def test_an_address_is_split_from_its_login(url, parts):
    assert split_url(url) == parts


def test_loading_needs_no_library_that_a_script_would_wait_for():
    code = "import sys, debtflow_tui.config; print(*{'pydantic', 'psycopg', 'textual', 'keyring'} & set(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=EXAMPLE.parent, check=True, capture_output=True, text=True
    )
    assert loaded.stdout == "\n"
