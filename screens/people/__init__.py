"""The people who work here: who works what, who comes and who leaves."""

from screens.people.screen import PeopleScreen

__all__ = ["PeopleScreen"]
