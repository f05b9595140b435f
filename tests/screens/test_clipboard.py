"""Copying over a line: wrapped for what is in between, in a file where nothing else works."""

from __future__ import annotations

import base64

from debtflow_tui.clipboard import CAP, copy, osc52


def test_a_bare_terminal_gets_a_bare_sequence():
    assert osc52("R-000481-4", {"TERM": "xterm-256color"}) == "\x1b]52;c;Ui0wMDA0ODEtNA==\x07"


def test_tmux_passes_it_on_only_when_wrapped_with_its_escapes_doubled():
    wrapped = osc52("x", {"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"})
    assert wrapped == "\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\"


def test_screen_takes_it_in_pieces_that_add_up():
    text = "account " * 400
    wrapped = osc52(text, {"TERM": "screen"})
    assert wrapped is not None
    parts = wrapped.split("\x1b\\")[:-1]
    assert all(part.startswith("\x1bP") and len(part) < 768 for part in parts)
    joined = "".join(part.removeprefix("\x1bP") for part in parts)
    assert base64.b64decode(joined.removeprefix("\x1b]52;c;").removesuffix("\x07")).decode() == text


def test_what_is_too_long_goes_to_a_private_file_and_says_so(tmp_path):
    written: list[str] = []
    text = "x" * CAP
    said = copy(text, written.append, tmp_path, {"TERM": "xterm"})
    target = tmp_path / "clipboard.txt"
    assert not written
    assert str(target) in said
    assert target.read_text(encoding="utf-8") == text
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_terminal_that_cannot_copy_gets_a_file(tmp_path):
    assert "written to" in copy("x", lambda _: None, tmp_path, {"TERM": "linux"})


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    assert "not copied" in copy("x", lambda _: None, blocked / "home", {"TERM": "linux"})
