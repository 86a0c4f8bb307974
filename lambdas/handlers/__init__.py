"""The entry points that Lambda calls, their routes, and what these share."""

import gc

# A cold start allocates about 100,000 long-lived objects; repeatedly collecting over them costs about 5 % of it. This
# module runs before the imports that allocate them.
gc.set_threshold(100_000)
