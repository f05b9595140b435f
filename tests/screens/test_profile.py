"""The editor of profiles: what is changed shows in the first rows, and nothing is kept before it is saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from screens.imports import ImportsScreen
from screens.profile import ProfileScreen
from services.domain.profile import Profile
from tests.screens.conftest import burst, press, settled, shown
from tests.screens.fakes import FakeServices, session
from tests.screens.fakes_imports import FakeClients, FakeImports
from tests.screens.fakes_profiles import FakeProfiles, german

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=["80x24", "120x40"])


@pytest.fixture
def shelf(services: FakeServices) -> FakeProfiles:
    services.session = session("supervisor", user="bea")
    services.profiles = FakeProfiles()
    services.clients, services.imports = FakeClients(), FakeImports()
    made: FakeProfiles = services.profiles
    return made


@pytest.fixture
def editor(tmp_path: Path):
    """The editor with a file that only a profile can read."""
    path = str(german(tmp_path))
    return lambda routes: ProfileScreen(routes.desk, routes.profiles, "NORD", "placements", path)


def bare(routes: Any) -> ProfileScreen:
    return ProfileScreen(routes.desk, routes.profiles, "NORD")


def editor_of(app: Any) -> ProfileScreen:
    screen = app.screen
    assert isinstance(screen, ProfileScreen)
    return screen


async def test_a_file_without_a_profile_suggests_one(desktop, shelf, editor):
    app = desktop(editor)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        text = shown(app)
        assert "no version yet · changed, not saved" in text
        assert "7 columns suggested" in text
        line = next(line for line in text.splitlines() if line.startswith(" original_amount"))
        assert line.split() == ["original_amount", "Hauptforderung", "1250.00"]
        assert shelf.called("keep") == []


async def test_what_is_typed_shows_at_once_and_is_saved_as_a_version(desktop, shelf, editor):
    app = desktop(editor)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end", "enter", "tab", "tab")
        await burst(pilot, "PL=payment plan; RT=rent")
        assert "payment plan" in shown(app)
        await press(pilot, "f10")
        assert "rent" in next(line for line in shown(app).splitlines() if line.startswith(" account_type"))
        await press(pilot, "s")
        await burst(pilot, "their new system\n")
        ((client, profile, after, note),) = shelf.called("keep")
        assert (client, after, note) == ("NORD", 0, "their new system")
        assert profile.columns["account_type"].values == {"PL": "payment plan", "RT": "rent"}
        assert "version 1 by bea" in shown(app)
        assert editor_of(app).draft() is None


async def test_a_part_that_cannot_stand_is_told_in_its_form(desktop, shelf, editor):
    app = desktop(editor)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "f")
        await burst(pilot, "DD.MM")
        assert "spells no date" in shown(app)
        await press(pilot, "f10")
        assert "How they write" in shown(app)
        await press(pilot, "escape", "enter", "enter")
        await burst(pilot, "Nobody\n")
        assert "is read from" in shown(app)


async def test_what_is_wrong_leaves_room_for_the_keys_and_goes_when_typed_on(desktop, shelf, editor):
    app = desktop(editor)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "down", "down", "enter")
        await burst(pilot, "nosuch")
        await press(pilot, "f10")
        assert shown(app).count("is read from “nosuch”") == 1
        assert "F10 take it" in shown(app)
        await burst(pilot, "e")
        assert "“nosuche”" in shown(app)


async def test_the_text_holds_what_no_form_does(desktop, shelf, editor):
    app = desktop(editor)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "e", *["pagedown"] * 4, "end")
        await burst(pilot, "\n[trailer]\nmarker = ")
        assert "no TOML" in shown(app)
        await press(pilot, "f10")
        await burst(pilot, "'T'\ncount = 2\n")
        assert "fits the file" in shown(app)
        await press(pilot, "f10")
        draft = editor_of(app).draft()
        assert draft is not None
        assert 'marker = "T"' in draft["toml"]


async def test_clearing_asking_before_leaving_and_a_newer_version(desktop, shelf, editor):
    app = desktop(editor)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "x")
        assert "lacks external_ref" in shown(app)
        await press(pilot, "escape")
        assert "Leave this?" in shown(app)
        await press(pilot, "escape", "g", "enter")
        shelf.kept.append(FakeProfiles().keep("NORD", Profile(about="theirs"), after=0))
        await press(pilot, "s", "enter")
        assert "at version 1 meanwhile" in shown(app)


async def test_who_may_not_change_it_looks_at_it(desktop, services: FakeServices, shelf, editor):
    services.session = session("readonly", user="rex")
    shelf.kept.append(FakeProfiles().keep("NORD", Profile(about="as ever"), after=0))
    app = desktop(bare)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "version 1 by bea · as ever" in shown(app)
        await press(pilot, "enter", "f", "e", "x", "s")
        assert editor_of(app).draft() is None


async def test_from_the_batches_to_a_clients_profile(desktop, shelf, tmp_path: Path, monkeypatch):
    monkeypatch.chdir(german(tmp_path).parent)
    app = desktop(lambda routes: ImportsScreen(routes.desk, routes.imports, routes.clients))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "p\n\nnord.csv\n")
        await settled(pilot)
        assert "Kunden-Nr." in shown(app)


async def test_a_file_that_is_none_says_why(desktop, shelf):
    app = desktop(bare)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "o")
        await burst(pilot, "/nothing.csv\n")
        await settled(pilot)
        assert "/nothing.csv cannot be read" in shown(app)


# ---- pictures --------------------------------------------------------------------------------------------------------


async def ready(pilot: Pilot[Any]) -> None:
    await settled(pilot)


@SIZES
def test_the_profile_beside_its_first_rows(desktop, shelf, editor, snap_compare, size):
    async def at_the_days(pilot):
        await settled(pilot)
        await press(pilot, *["down"] * 9)

    assert snap_compare(desktop(editor), terminal_size=size, run_before=at_the_days)


@SIZES
def test_one_column(desktop, shelf, editor, snap_compare, size):
    async def typing(pilot):
        await settled(pilot)
        await press(pilot, "end", "enter", "tab", "tab")
        await burst(pilot, "PL=payment plan")

    assert snap_compare(desktop(editor), terminal_size=size, run_before=typing)


def test_the_profile_as_text(desktop, shelf, editor, snap_compare):
    async def open_text(pilot):
        await settled(pilot)
        await press(pilot, "e")

    assert snap_compare(desktop(editor), terminal_size=(80, 24), run_before=open_text)


def test_no_profile_and_no_file(desktop, shelf, snap_compare):
    assert snap_compare(desktop(bare), terminal_size=(80, 24), run_before=ready)


async def test_every_version_and_what_it_changed(desktop, shelf, editor):
    app = desktop(editor)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "sfirst\n")
        await press(pilot, "end", "x", "s")
        await burst(pilot, "no types\n")
        await press(pilot, "home", "x", "h")
        text = shown(app)
        assert "NORD placements, newest first" in text
        for part in ("not saved yet", "version 2, bea: no types", "-[columns.account_type]", "version 1, bea: first"):
            assert part in text, part


async def test_what_a_file_suggests_does_not_overwrite_unasked(desktop, shelf, editor):
    app = desktop(editor)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "end", "x", "g")
        assert "would be gone" in shown(app)
        await press(pilot, "escape")
        assert "account_type" not in editor_of(app)._profile.columns
        await press(pilot, "g", "enter")
        assert "account_type" in editor_of(app)._profile.columns
