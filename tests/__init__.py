"""The tests; a package, so that tests import tests.conftest and pytest finds the repository's root by itself."""
