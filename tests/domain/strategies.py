"""Texts that people, scanners and attackers put into a box."""

from hypothesis import strategies as st

languages = st.one_of(
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                "status:",
                "balance>",
                "balance<=",
                '"',
                '""',
                " ",
                "a",
                "500",
                "name:",
                "=",
                "\x00",
                "\ud800",
                "é",
                ":",
                "\\",
            ]
        ),
        max_size=20,
    ).map("".join),
)
