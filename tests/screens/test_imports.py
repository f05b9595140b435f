"""The batches, and staging a file without knowing its whole name."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from screens.batch import BatchScreen
from screens.imports import ImportsScreen
from screens.imports.folder import candidates, common, file, size
from screens.imports.screen import age
from services.domain.files.reading import Reading
from services.errors import BadInput, Refused
from tests.screens.conftest import burst, press, settled, shown, top, until
from tests.screens.fakes import FakeServices, session
from tests.screens.fakes_imports import FakeClients, FakeImports, import_batch


@pytest.fixture
def intake(services: FakeServices) -> FakeImports:
    services.session = session("supervisor", user="bea")
    services.clients = FakeClients()
    made = FakeImports()
    services.imports = made
    return made


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "inbox"
    (folder / "older").mkdir(parents=True)
    for name in ("harbor_2026-10.csv", "harbor_2026-11.csv", "northby.txt", "photo.png", ".hidden.csv"):
        (folder / name).write_bytes(b"external_ref\nA1\n")
    monkeypatch.chdir(folder)
    return folder


def batches(routes) -> ImportsScreen:
    return ImportsScreen(routes.desk, routes.imports, routes.clients)


async def test_every_batch_with_its_counts(desktop, intake: FakeImports):
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        line = next(line for line in shown(app).splitlines() if "harbor_2025-11.csv" in line)
        assert line.split() == ["118", "harbor_2025-11.csv", "HARBOR", "in", "review", "12", "7", "4", "2h"]


async def test_pages_follow_as_the_cursor_nears_the_end(desktop, intake: FakeImports):
    intake.older = tuple(import_batch(id=number) for number in range(117, 0, -1))
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "50 shown, more below" in shown(app)
        for _ in range(10):
            await press(pilot, *["pagedown"] * 3)
        assert [after for _state, after in intake.called("batches")] == [None, "50", "100"]
        assert "118 in all" in shown(app)


async def test_states_one_after_the_other(desktop, intake: FakeImports):
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "ff")
        assert "No batch is releasing." in shown(app)
        await burst(pilot, "fffff")
        assert [state for state, _after in intake.called("batches")][-1] is None


async def test_enter_opens_the_review(desktop, intake: FakeImports):
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "\n")
        assert isinstance(top(app), BatchScreen)


async def test_a_file_is_completed_staged_and_opened_in_one_burst(desktop, intake: FakeImports, inbox: Path):
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "sh\t")
        assert "harbor_2026-1" in shown(app)
        await burst(pilot, "1\t\nno\npay\n")
        ((data, *said),) = intake.called("stage")
        assert data == b"external_ref\nA1\n"
        assert said == ["harbor_2026-11.csv", "NORTHBY", "payments", Reading()]
        assert isinstance(top(app), BatchScreen)


async def test_a_file_that_is_not_there_is_said_under_its_field(desktop, intake: FakeImports, inbox: Path):
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "snowhere.csv\n\n\n")
        assert "✗ there is no such file here" in shown(app)
        assert intake.called("stage") == []


async def test_a_file_that_was_sent_before_is_refused_and_the_form_stays(desktop, intake: FakeImports, inbox: Path):
    intake.failures["stage"].append(Refused("this file is here already, as batch 117", rule="file-known"))
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "snorthby.txt\n\n\n")
        assert "this file is here already, as batch 117" in shown(app)
        await burst(pilot, "\n")
        assert "northby.txt" in shown(app)


async def test_without_a_client_there_is_nobody_to_stage_for(desktop, services: FakeServices, intake: FakeImports):
    services.clients = FakeClients(known=())
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "s")
        assert "There is no client yet" in shown(app)


@pytest.mark.parametrize("role", ["collector", "readonly"])
async def test_who_does_not_review_is_told_who_does(desktop, services: FakeServices, intake: FakeImports, role: str):
    services.session = session(role)
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        assert "Who may: supervisor and agency admin." in " ".join(shown(app).split())
        await burst(pilot, "s")
        assert intake.calls == []


def test_what_could_be_meant_by_a_name(inbox: Path):
    assert [each.typed for each in candidates("")] == [
        "older/", "harbor_2026-10.csv", "harbor_2026-11.csv", "northby.txt",
    ]  # fmt: skip
    assert [each.typed for each in candidates(".")] == [".hidden.csv"]
    assert [each.typed for each in candidates(f"{inbox}/no")] == [f"{inbox}/northby.txt"]
    assert candidates("nowhere/") == ()
    assert common("h") == "harbor_2026-1"
    assert common("N") == "northby.txt"
    assert common("zzz") == "zzz"


def test_what_cannot_be_read_is_said(inbox: Path):
    for typed, said in (("nowhere.csv", "no such file"), ("older", "is a folder"), ("harbor_2026-10.csv/x", "read")):
        with pytest.raises(BadInput, match=said) as caught:
            file(typed)
        assert caught.value.field == "path"
    assert [size(each) for each in (0, 999, 12_345, 12_345_678)] == ["0 B", "999 B", "12 KB", "12.3 MB"]


async def test_progress_is_shown_while_it_runs(desktop, intake: FakeImports, inbox: Path):
    gate = intake.gates["stage"] = Event()
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "snorthby.txt\n\n")
        await pilot.press("enter")
        await until(pilot, lambda: bool(intake.called("stage")))
        await until(pilot, lambda: "Reading the file…" in shown(app))
        gate.set()
        await settled(pilot)
        assert isinstance(top(app), BatchScreen)


async def test_what_is_guessed_of_a_file_is_shown_and_overruled(desktop, intake: FakeImports, inbox: Path):
    (inbox / "odd.txt").write_bytes(b"list of 1 May\nref~name;x\nA1~Oyelaran;y\n")
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "sharbor_2026-11.csv")
        assert "1 column: external_ref" in shown(app)
        await press(pilot, "ctrl+u")
        await burst(pilot, "odd.txt")
        await press(pilot, "f4", "down", "down", "ctrl+u")
        await burst(pilot, "~")
        await press(pilot, "enter", "down", "ctrl+u")
        await burst(pilot, "2")
        assert "2 columns: ref, name;x" in shown(app)
        assert "A1 │ Oyelaran;y" in shown(app)
        await press(pilot, "f10")
        assert "2 columns: ref, name;x" in shown(app)
        await press(pilot, "f10")
        assert intake.called("stage")[0][4] == Reading(delimiter="~", header_line=2)


async def test_a_reading_that_cannot_be_is_said_and_stays(desktop, intake: FakeImports, inbox: Path):
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "snowhere.csv")
        await press(pilot, "f4")
        assert "there is no such file here" in shown(app)
        await press(pilot, "ctrl+u")
        await burst(pilot, "northby.txt")
        await press(pilot, "f4")
        await burst(pilot, "fix\n\n1,x")
        await press(pilot, "f10")
        assert "type whole numbers" in shown(app)
        assert intake.called("stage") == []


async def test_a_file_of_an_archive_is_named_where_several_fit(desktop, intake: FakeImports, inbox: Path):
    with zipfile.ZipFile(inbox / "both.zip", "w") as archive:
        archive.writestr("may.csv", "external_ref,debtor_name\nA1,Oyelaran\n")
        archive.writestr("june.csv", "external_ref\nB1\n")
    app = desktop(batches)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await burst(pilot, "sboth.zip")
        assert "✗ the archive does not hold one file" in shown(app)
        await press(pilot, "f4", "down")
        await burst(pilot, "may.csv")
        assert "2 columns: external_ref, debtor_name" in shown(app)
        await press(pilot, "f10", "f10")
        assert intake.called("stage")[0][4] == Reading(entry="may.csv")


def test_an_age_has_four_letters_at_most():
    seconds = (-5, 59, 60, 3599, 3600, 86399, 86400, 86400 * 999)
    assert [age(timedelta(seconds=each)) for each in seconds] == [
        "now", "now", "1m", "59m", "1h", "23h", "1d", "999d"
    ]  # fmt: skip
