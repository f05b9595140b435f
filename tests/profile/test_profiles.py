"""Profiles in the database: version by version, bound to what was read with them."""

from __future__ import annotations

import threading

import pytest

from services.domain.files.reading import Reading
from services.domain.profile import Profile, read_toml
from services.domain.profile.model import ReadAs
from services.errors import BadInput, DebtFlowError, NotAllowed, NotFound, Refused, Stale
from services.imports import Imports
from services.imports.profiles import KeptProfile, Profiles
from services.imports.trial import try_file
from tests.imports.workbooks import zipped
from tests.support.house import House

GERMAN = read_toml(
    """
[dates]
formats = ["DD.MM.YYYY"]
[numbers]
decimal = ","
thousands = "."
[columns.external_ref]
from = "Konto"
[columns.debtor_name]
from = "Kunde"
[columns.original_amount]
from = "Betrag"
[columns.due_date]
from = "Fällig"
[columns.account_type]
from = "Art"
required = true
other = "refuse"
values = { PL = "payment plan" }
[trailer]
marker = "T"
count = 2
sums = { original_amount = 3 }
"""
)
FILE = """Konto;Kunde;Betrag;Fällig;Art
K-1;Ivo Brandt;1.250,50;30.11.2025;PL
K-2;Ada Coe;80,00;31.02.2025;PL
K-3;Eva Dorn;20,00;01.10.2025;
T;3;1.350,50
""".encode()


@pytest.fixture
def profiles(house: House) -> Profiles:
    return Profiles(house.store("bea"))


@pytest.fixture
def imports(house: House) -> Imports:
    return Imports(house.store("bea"))


AGREED = """
[reading]
entry = "oct/list.txt"
encoding = "ibm850"
delimiter = "|"
quote = "none"
header_line = 3
[columns.external_ref]
from = "No"
[columns.debtor_name]
from = "Who"
[columns.original_amount]
from = "Sum"
"""


def test_a_file_is_read_as_agreed_and_not_guessed(profiles: Profiles, imports: Imports) -> None:
    agreed = read_toml(AGREED)
    text = 'October\nof 2026\nNo|Who|Sum\nA-1|Zoë "Z|1,5\nA-2|Ivo, Jr.|2.50\n'
    other = text.replace("|", ";").replace("1,5", "1.50").encode("cp1252")
    packed = zipped({"oct/list.txt": text.replace("1,5", "1.50").encode("cp850"), "oct/sums.txt": b"2"})
    tried = try_file(packed, agreed, profiles.terms("HXL"))
    assert (tried.is_good, tried.first[0].cells["debtor_name"]) == (True, 'Zoë "Z')
    profiles.keep("HXL", agreed, after=0)
    batch = imports.stage(packed, "october.zip", "HXL")
    assert (batch.valid, batch.reading) == (2, agreed.reading.reading().over(Reading("zip", kind="csv")))
    assert imports.raw(batch.id, 1).text == 'A-1|Zoë "Z|1.50'
    with pytest.raises(BadInput, match="no zip archive"):
        imports.stage(other, "october.txt", "HXL")
    # What is said is said, and the rest stays as agreed.
    profiles.keep("HXL", agreed.model_copy(update={"reading": ReadAs(delimiter="|", header_line=3)}), after=1)
    said = imports.stage(other, "october.txt", "HXL", reading=Reading(delimiter=";"))
    assert (said.valid, said.reading.delimiter, said.reading.header_line) == (2, ";", 3)
    profiles.keep("HXL", read_toml("[reading]\nformat = 'fixed'\nwidths = [4, 8, 5]\nnames = ['external_ref', "
                                   "'debtor_name', 'original_amount']"), after=2)  # fmt: skip
    fixed = imports.stage(b"B-1 Ivo Bee 12.50\nB-2 Ada Coe  9.00\n", "fixed.txt", "HXL")
    assert (fixed.valid, fixed.reading.kind, fixed.reading.header_line) == (2, "fixed", 0)
    plain = imports.stage(b"external_ref;debtor_name;original_amount\nC-1;Ivo Bee;1.00\n", "plain.csv", "HXL",
                          reading=Reading(delimiter=";", header_line=1))  # fmt: skip
    assert (plain.valid, plain.reading.kind, plain.reading.widths) == (1, "csv", None)


def test_versions_follow_each_other_and_stay(house: House, profiles: Profiles) -> None:
    assert profiles.show("HXL") is None
    first = profiles.keep("HXL", GERMAN, after=0, note="their new system")
    assert (first.version, first.profile, first.note, first.made_by) == (1, GERMAN, "their new system", "bea")
    assert profiles.keep("HXL", GERMAN, after=1).version == 1
    second = profiles.keep("HXL", Profile(about="ours"), after=1)
    assert second.version == 2
    with pytest.raises(Stale) as stale:
        profiles.keep("HXL", GERMAN, after=1)
    assert "version 2" in stale.value.message
    assert [each.version for each in profiles.history("HXL")] == [2, 1]
    assert [(each.client, each.version) for each in profiles.list()] == [("HXL", 2)]
    assert profiles.show("HXL", version=1) == first
    assert profiles.history("HXL", "payments") == ()
    with pytest.raises(DebtFlowError), house.su.transaction():
        house.store("bea").act(lambda c: c.exec_driver_sql("update debtflow.import_profile set version = 9"))
    for statement in ("update debtflow.import_profile set body = '{}'", "delete from debtflow.import_profile"):
        with pytest.raises(Exception, match="append-only"):
            house.su.execute(statement)
    assert house.one("select count(*) from debtflow.audit_log where act = 'import.profile'") == 2


def test_who_may_and_what_is_not_there(house: House, profiles: Profiles) -> None:
    for login in ("ana", "rex"):
        with pytest.raises(NotAllowed):
            Profiles(house.store(login)).keep("HXL", GERMAN, after=0)
    profiles.keep("HXL", GERMAN, after=0)
    assert Profiles(house.store("ana")).list() == ()
    assert Profiles(house.store("rex")).show("HXL") is not None
    for client in ("NOPE", "ZEN", "HXL\0"):
        with pytest.raises(NotFound):
            profiles.keep(client, GERMAN, after=0)
        with pytest.raises(NotFound):
            profiles.show(client)
    with pytest.raises(NotFound, match="no version 7"):
        profiles.show("HXL", version=7)
    with pytest.raises(BadInput, match="kind of file"):
        profiles.show("HXL", "pictures")
    with pytest.raises(Refused):
        profiles.keep("HXL", Profile(), after=1, note="card 4111 1111 1111 1111")


def test_of_two_at_once_one_is_told(house: House) -> None:
    services = [Profiles(house.store(login)) for login in ("bea", "ada")]
    start = threading.Barrier(2)
    answers: list[KeptProfile | DebtFlowError] = []

    def keep(service: Profiles, about: str) -> None:
        start.wait()
        try:
            answers.append(service.keep("HXL", Profile(about=about), after=0))
        except DebtFlowError as error:
            answers.append(error)

    threads = [threading.Thread(target=keep, args=each) for each in zip(services, ("one", "two"), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(answer).__name__ for answer in answers) == ["KeptProfile", "Stale"]


def test_a_file_is_read_with_the_clients_profile(house: House, profiles: Profiles, imports: Imports) -> None:
    profiles.keep("HXL", GERMAN, after=0)
    batch = imports.stage(FILE, "liste.csv", "HXL")
    assert (batch.rows, batch.valid, batch.errors) == (3, 1, 2)
    first, second, third = imports.rows(batch.id).rows
    assert dict(first.values) == {
        "external_ref": "K-1", "debtor_name": "Ivo Brandt", "original_amount": "1250.50", "due_date": "2025-11-30",
        "account_type": "payment plan",
    }  # fmt: skip
    assert [each.rule for each in second.findings] == ["date-profile"]
    assert [each.rule for each in third.findings] == ["column-required"]
    assert imports.raw(batch.id, 1).text.strip() == "K-1;Ivo Brandt;1.250,50;30.11.2025;PL"
    assert house.one(
        "select p.version from debtflow.import_batch b join debtflow.import_profile p on p.id = b.profile_id"
    )
    profiles.keep("HXL", Profile(), after=1)
    assert profiles.history("HXL")[1].batches == 1


def test_a_correction_answers_the_profiles_findings_and_no_others(profiles: Profiles, imports: Imports) -> None:
    profiles.keep("HXL", GERMAN, after=0)
    batch = imports.stage(FILE, "liste.csv", "HXL").id
    assert imports.fix(batch, 2, {"debtor_name": "Ada Coen"}).state == "error"
    assert imports.fix(batch, 2, {"due_date": "2025-02-28"}).state == "valid"
    assert imports.fix(batch, 3, {"debtor_name": "Eva"}).state == "error"
    assert imports.fix(batch, 3, {"account_type": "rent"}).state == "valid"
    again = imports.fix(batch, 3, {"account_type": " "})
    assert [each.rule for each in again.findings] == ["column-required"]


def test_without_or_with_an_earlier_profile(profiles: Profiles, imports: Imports) -> None:
    profiles.keep("HXL", GERMAN, after=0)
    profiles.keep("HXL", Profile(about="ours"), after=1)
    with pytest.raises(BadInput, match="no column that is known"):
        imports.stage(FILE, "liste.csv", "HXL")
    with pytest.raises(NotFound, match="no version 9"):
        imports.stage(FILE, "liste.csv", "HXL", profile=9)
    assert imports.stage(FILE, "liste.csv", "HXL", profile=1).valid == 1
    plain = b"external_ref,debtor_name,original_amount\nA-1,Ivo Brandt,5.00\n"
    assert imports.stage(plain, "plain.csv", "MED").valid == 1


def test_a_difference_to_the_control_record_holds_the_release(
    house: House, profiles: Profiles, imports: Imports
) -> None:
    profiles.keep("HXL", GERMAN, after=0)
    whole = imports.stage(FILE, "liste.csv", "HXL").id
    assert imports.release(whole, leave_errors=True).released == 1
    with pytest.raises(Refused, match="is released"):
        profiles.accept_totals(whole, "never mind")
    cut = FILE.replace(b"K-", b"L-").replace(b"T;3;1.350,50", b"T;4;1.350,50")
    batch = imports.stage(cut, "cut.csv", "HXL").id
    with pytest.raises(Refused) as refused:
        imports.release(batch, leave_errors=True)
    assert (refused.value.rule, "says 4 rows" in refused.value.message) == ("control-totals", True)
    with pytest.raises(BadInput):
        profiles.accept_totals(batch, " ")
    with pytest.raises(NotAllowed):
        Profiles(house.store("ana")).accept_totals(batch, "looked at it")
    profiles.accept_totals(batch, "the client counts the trailer, too")
    assert imports.release(batch, leave_errors=True).released == 1
    assert house.one("select count(*) from debtflow.audit_log where act = 'import.accept_totals'") == 1


def test_a_control_record_before_the_header_line(profiles: Profiles, imports: Imports) -> None:
    profile = Profile.model_validate({"head": {"marker": "HDR", "count": 2}})
    profiles.keep("HXL", profile, after=0)
    data = b"HDR,1\nexternal_ref,debtor_name,original_amount\nA-1,Ivo Brandt,5.00\n"
    batch = imports.stage(data, "headed.csv", "HXL")
    assert (batch.rows, batch.valid) == (1, 1)
    assert imports.row(batch.id, 1).line == 3
    assert imports.release(batch.id).released == 1
    with pytest.raises(BadInput, match="no rows"):
        imports.stage(data.rsplit(b"A-1")[0], "empty.csv", "HXL")


def test_only_a_difference_can_be_accepted(profiles: Profiles, imports: Imports) -> None:
    batch = imports.stage(b"external_ref,debtor_name,original_amount\nA-1,Ivo Brandt,5.00\n", "a.csv", "HXL").id
    with pytest.raises(Refused, match="no difference"):
        profiles.accept_totals(batch, "looked at it")


def test_other_kinds_of_file_have_profiles_of_their_own(house: House, profiles: Profiles, imports: Imports) -> None:
    house.place(ref="HX-1")
    paid = read_toml(
        """
kind = "payments"
[dates]
formats = ["D/M/YYYY"]
[columns.external_ref]
from = "Konto"
[columns.paid_on]
from = "Datum"
[columns.amount]
from = "Betrag"
"""
    )
    profiles.keep("HXL", paid, after=0)
    profiles.keep("HXL", GERMAN, after=0)
    assert [(each.kind, each.version) for each in profiles.list()] == [("payments", 1), ("placements", 1)]
    data = b"Konto;Datum;Betrag\nHX-1;03/04/2025;25.00\nHX-1;04/13/2025;5.00\n"
    batch = imports.stage(data, "paid.csv", "HXL", kind="payments").id
    first, second = imports.rows(batch).rows
    assert first.values["paid_on"] == "2025-04-03"
    assert [each.rule for each in second.findings][:1] == ["date-profile"]
