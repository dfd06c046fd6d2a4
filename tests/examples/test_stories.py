"""The whole platform with edgeauth at its edge: every story comes true."""

import subprocess
import sys

import pytest

from tests.examples.conftest import EXAMPLE


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_every_story_of_the_demo_comes_true() -> None:
    done = subprocess.run(
        [sys.executable, "demo.py", "check"],
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
