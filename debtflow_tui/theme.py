"""Two looks of one design: a calm dark one, and the terminal's own colours for a slow line.

One accent says where you are, one alarm colour says what needs you; everything else is a shade of the ground.
"""

from __future__ import annotations

from textual.theme import Theme

HARBOR = Theme(
    name="harbor",
    primary="#7fb8ad",
    secondary="#7fb8ad",
    accent="#7fb8ad",
    success="#7fb8ad",
    warning="#e5846f",
    error="#e5846f",
    foreground="#d6dbe1",
    background="#14181d",
    surface="#1b2027",
    panel="#222932",
    dark=True,
    variables={
        "rule": "#333d48",
        "text-muted": "#8593a1",
        "text-error": "#f09480",
        "text-accent": "#7fb8ad",
        "block-cursor-background": "#2b4347",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#242c34",
        "block-cursor-blurred-foreground": "#d6dbe1",
        "input-selection-background": "#3d6b66",
        "scrollbar": "#333d48",
        "scrollbar-background": "#14181d",
        "border-blurred": "#333d48",
    },
)

SLOW_LINE = Theme(
    name="slow-line",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    success="ansi_cyan",
    warning="ansi_red",
    error="ansi_red",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        "rule": "ansi_bright_black",
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "text-muted": "ansi_bright_black",
        "text-error": "ansi_red",
        "text-accent": "ansi_cyan",
        "block-cursor-background": "ansi_cyan",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "ansi_default",
        "block-cursor-blurred-foreground": "ansi_default",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_cyan",
        "screen-selection-foreground": "ansi_black",
        "border-blurred": "ansi_bright_black",
    },
)
