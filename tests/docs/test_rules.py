"""The page of rules is made of the rules."""

from __future__ import annotations

import pytest

from docs import rules
from services.domain.findings import RULES
from services.domain.kinds.rules import KIND_RULES
from services.domain.profile import control, mapper
from services.imports.queries import RULES_OF_REVIEW


def test_the_page_is_what_the_rules_make() -> None:
    assert rules.PAGE.read_text("utf-8") == rules.page(), "run: python -m docs.rules"


def test_every_rule_stands_in_the_page() -> None:
    page = rules.PAGE.read_text("utf-8")
    assert [rule for rule in RULES if f"### `{rule}` (" not in page] == []
    listed = (*RULES_OF_REVIEW, *KIND_RULES, *mapper.RULES, *control.RULES)
    assert [rule for rule in listed if f"| `{rule}` |" not in page] == []


@pytest.mark.parametrize("rule", RULES)
def test_its_example_is_found_by_the_rule(rule: str) -> None:
    assert rules.found_by(rule).message


def test_the_row_that_examples_start_from_is_good() -> None:
    assert rules.findings_of(tuple(rules.GOOD.values())) == ()
