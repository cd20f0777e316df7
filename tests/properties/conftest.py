"""How long the search for counterexamples is: profiles "ci" (the default) and "nightly"."""

from hypothesis import HealthCheck, settings

# Examples of each of eight tests: about 500 in all, the same every time, or 20,000.
common = dict(deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("ci", max_examples=63, derandomize=True, database=None, **common)
settings.register_profile("nightly", max_examples=2_500, print_blob=True, **common)


def pytest_configure(config):
    settings.load_profile(config.getoption("--hypothesis-profile") or "ci")
