"""The documents agree with the program, with each other, and name nobody's machine."""

from __future__ import annotations

import re
import subprocess
from dataclasses import fields
from pathlib import Path

import pytest

from debtflow_tui import config
from tests.docs.pages import DECISIONS, PICTURES, README, ROOT, anchor, blocks, links, pages, section

PAGES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in pages()]
LARGEST_PICTURE = 150_000


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_leads_somewhere(page: Path) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link}: nothing is there"
        if fragment:
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
            assert fragment in map(anchor, headings), f"{link}: no such heading"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_machine(page: Path) -> None:
    text = page.read_text("utf-8")
    found = re.findall(r"(?<![\w.~>])/(?:work|root|home|Users|tmp)/[^\s`)]*|localhost|127\.0\.0\.1", text)
    assert not found, found


@pytest.mark.parametrize("page", PAGES)
def test_what_is_quoted_from_the_tree_exists(page: Path) -> None:
    named = re.findall(r"`((?:debtflow_tui|screens|services|migrations|tests|docs)/[\w./-]+)`", page.read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []
    files = re.findall(r"\b\d\d_\w+\.sql\b", page.read_text("utf-8"))
    assert [file for file in files if not (ROOT / "migrations" / "sql" / file).exists()] == []


def test_every_shell_block_is_shell() -> None:
    found = [(page, block) for page in pages() for block in blocks(page, "sh")]
    assert len(found) >= 6
    for page, block in found:
        told = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert told.returncode == 0, f"{page.name}: {told.stderr}"


# ---- settings --------------------------------------------------------------------------------------------------------


def variables_in_use() -> set[str]:
    sources = [path for folder in ("debtflow_tui", "screens", "services") for path in (ROOT / folder).rglob("*.py")]
    return {name for path in sources for name in re.findall(r"DEBTFLOW_[A-Z_]*[A-Z]", path.read_text("utf-8"))}


def test_every_environment_variable_is_documented_and_no_other() -> None:
    told = set(re.findall(r"^\| `(DEBTFLOW_[A-Z_]+)`", section(README, "Configuration"), re.MULTILINE))
    assert told == variables_in_use()


def test_every_configuration_key_is_documented_and_no_other() -> None:
    told = {
        (found[2], key)
        for line in section(README, "Configuration").splitlines()
        if (found := re.match(r"\| ((?:`\w+`(?:, )?)+) in `\[(\w+)\]`", line))
        for key in re.findall(r"`(\w+)`", found[1])
    }
    known = {(name, key.name) for name, kind in config.SECTIONS.items() for key in fields(kind)}
    assert told == known


# ---- decisions -------------------------------------------------------------------------------------------------------


def decisions() -> list[Path]:
    return sorted(DECISIONS.glob("[0-9]*.md"))


def test_every_decision_is_listed_under_its_title() -> None:
    listed = re.findall(
        r"^\| \[(\d{4})\]\(([\w.-]+)\) \| (.+) \| .+ \|$", (DECISIONS / "README.md").read_text("utf-8"), re.M
    )
    found = []
    for page in decisions():
        heading = re.match(r"# (\d+)\. (.+)\n", page.read_text("utf-8"))
        assert heading is not None, page.name
        assert int(heading[1]) == int(page.name[:4])
        found.append((page.name[:4], page.name, heading[2]))
    assert listed == found


@pytest.mark.parametrize("page", [pytest.param(page, id=page.stem) for page in decisions()])
def test_a_decision_says_why_and_what_was_rejected(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Rejected", "Consequences"]
    assert re.search(r"^Status: (accepted|superseded)", text, re.MULTILINE)
    rejected = text[text.index("## Rejected") : text.index("## Consequences")]
    assert len(re.findall(r"^- \*\*", rejected, re.MULTILINE)) >= 2


# ---- pictures --------------------------------------------------------------------------------------------------------


def test_pictures_are_small_fetch_nothing_and_are_all_shown() -> None:
    shown = {Path(link).name for page in pages() for link in links(page) if link.endswith(".svg")}
    kept = {path.name for path in PICTURES.iterdir()}
    assert shown == kept
    for path in PICTURES.iterdir():
        svg = path.read_text("utf-8")
        assert len(svg.encode()) < LARGEST_PICTURE, path.name
        assert set(re.findall(r"https?://[^\"')\s]+", svg)) == {"http://www.w3.org/2000/svg"}, path.name


def test_every_picture_has_its_scene() -> None:
    from docs.take_pictures import SCENES

    assert sorted(scene.name for scene in SCENES) == sorted(path.stem for path in PICTURES.iterdir())
