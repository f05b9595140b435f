"""What an installer gets: one wheel that holds everything the program reads, and nothing that only developers need."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("debtflow_tui", "screens", "services", "migrations")
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    built = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", built, ROOT],
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(next(built.glob("*.whl"))) as opened:
        yield opened


def part(wheel: zipfile.ZipFile, name: str) -> str:
    (found,) = (entry for entry in wheel.namelist() if entry.endswith(f".dist-info/{name}"))
    return wheel.read(found).decode()


def test_every_file_of_the_packages_is_in_it_and_nothing_else(wheel):
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PACKAGES]
    try:
        told = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    there = {name for name in told if (ROOT / name).is_file()}
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == there
    assert {Path(name).suffix for name in packed} >= {".py", ".sql"}


def test_the_command_is_installed(wheel):
    assert "debtflow = debtflow_tui.__main__:main" in part(wheel, "entry_points.txt")


def test_developers_tools_are_not_required_by_those_who_install(wheel):
    required = " ".join(Parser().parsestr(part(wheel, "METADATA")).get_all("Requires-Dist", []))
    assert "textual" in required
    assert not [tool for tool in ("pytest", "mypy", "ruff", "hatchling") if tool in required]


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_versions_and_hashes_and_no_place(name):
    lines = (ROOT / name).read_text().splitlines()
    pins = [number for number, line in enumerate(lines) if "==" in line]
    assert pins
    assert all(lines[number + 1].startswith("    --hash=sha256:") for number in pins)
    for line in lines:
        assert "://" not in line
        assert "file:" not in line
        assert not line.startswith("-")


def test_the_locks_hold_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {name.split("[")[0].rstrip("<>=.,0123456789") for name in project["dependencies"]}
    for lock in LOCKS:
        held = {line.split("==")[0].split("[")[0] for line in (ROOT / lock).read_text().splitlines() if "==" in line}
        assert wanted | {"hatchling"} <= held


def test_the_development_lock_only_adds():
    runtime, development = ({line for line in (ROOT / lock).read_text().splitlines() if "==" in line} for lock in LOCKS)
    assert runtime <= development
