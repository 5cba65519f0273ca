"""`python -m quanho` is `quanho`."""

import sys

from quanho.entry import main

sys.exit(main())
