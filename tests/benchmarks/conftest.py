"""``benchmarks`` is not installed: it is found in the checkout, behind what is."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
