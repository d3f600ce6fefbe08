"""What holds for every test."""

import signal

# A shell makes what it runs in the background deaf to Ctrl-C, and so whatever that starts: tests
# that press Ctrl-C would wait in vain.
signal.signal(signal.SIGINT, signal.default_int_handler)
