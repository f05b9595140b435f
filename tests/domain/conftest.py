"""Properties of the domain are checked with a fixed number of examples and no clock."""

from hypothesis import settings

settings.register_profile("domain", max_examples=150, deadline=None, derandomize=True, database=None)
if settings().deadline is not None:
    settings.load_profile("domain")
