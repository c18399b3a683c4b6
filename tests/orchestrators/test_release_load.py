"""The load of many clients again, on the release programs that this folder runs: here memory can be measured."""

from integration.test_load import test_two_hundred_clients  # noqa: F401
