"""``python -m singan_edu train PHOTO``: run the training lesson on a photograph, from the shell."""

from __future__ import annotations

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
