"""What Lambda calls: the entry points, and what they share."""

import gc

# A cold start makes a hundred thousand objects that stay. Looking for garbage among them, again and again, would take a
# twentieth of its time.
gc.set_threshold(100_000)
