"""Lets the tests of this folder share ``stick_body``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
