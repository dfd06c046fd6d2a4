"""Makes the example importable as its processes see it: flat modules beside each other."""

import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "blog-platform"
sys.path.extend([str(EXAMPLE), str(EXAMPLE / "services")])
