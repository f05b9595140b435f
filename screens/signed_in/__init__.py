"""Who is signed in, from where, doing what."""

from screens.signed_in.screen import SignedInScreen

__all__ = ["SignedInScreen"]
