"""python -m ohmstead"""

from __future__ import annotations

import sys

from ohmstead.cli import main

if __name__ == "__main__":
    sys.exit(main())
