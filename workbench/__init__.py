"""The shell: pages and command line. Linear algebra runs on one thread: the last digits are the same anywhere."""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
