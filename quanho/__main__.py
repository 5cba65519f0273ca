"""`python -m quanho` is `quanho`."""

import sys

from quanho.cli import main

sys.exit(main())
