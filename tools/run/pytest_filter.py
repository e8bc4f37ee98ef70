"""A pytest plugin: ./run test FILTER is a regular expression over node names; pytest's own -k is not."""

import os
import re


def pytest_configure(config):
    config.addinivalue_line("markers", "soak: only in ./run test soak")


def pytest_collection_modifyitems(config, items):
    wanted = re.compile(os.environ.get("GATEHOUSE_TEST_FILTER", ""))
    left_out = [item for item in items if not wanted.search(item.nodeid)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if wanted.search(item.nodeid)]
