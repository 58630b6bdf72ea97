"""Run the command line: ``python -m singan_edu train PHOTO`` is ``singan train PHOTO``."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
