import pytest
from hypothesis import given

from services.domain.lexer import MAX_LENGTH, Filter, Terms, lex
from tests.domain.strategies import languages


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", Terms()),
        ("oyelran quil status:open", Terms(("oyelran", "quil"), (Filter("status", ":", "open"),))),
        (
            "balance>500 balance<=1,000.00",
            Terms((), (Filter("balance", ">", "500"), Filter("balance", "<=", "1,000.00"))),
        ),
        ('"mary ann" client:"Harbor Lending"', Terms(("mary ann",), (Filter("client", ":", "Harbor Lending"),))),
        ('"status:x"', Terms(("status:x",))),
        ('say ""hi', Terms(("say", "hi"))),
        ('"a ""b"" c"', Terms(('a "b" c',))),
        ('"never closed', Terms(("never closed",))),
        ("status:", Terms((), (Filter("status", ":", ""),))),
        ("STATUS:Open", Terms((), (Filter("status", ":", "Open"),))),
        ("ref:ABC:12=3", Terms((), (Filter("ref", ":", "ABC:12=3"),))),
        ("12:30 >5 a@b.org", Terms(("12:30", ">5", "a@b.org"))),
        ("a\x00b\nc\td\udcff", Terms(("a", "b", "c", "d"))),
    ],
)
def test_words_and_filters(text, terms):
    assert lex(text) == terms


@given(languages)
def test_any_text_is_understood_and_said_again_in_canonical_form(text):
    terms = lex(text)
    assert lex(str(terms)) == terms
    assert str(lex(str(terms))) == str(terms)


@given(languages)
def test_nothing_comes_out_that_a_database_refuses(text):
    str(lex(text)).encode("utf-8")
    assert "\0" not in str(lex(text))


def test_a_book_is_cut():
    assert len(str(lex("word " * MAX_LENGTH))) <= MAX_LENGTH
    assert lex('"' * 100_000) is not None
