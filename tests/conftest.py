"""What holds for every test."""

import os
import signal
import tempfile

# A shell makes what it runs in the background deaf to Ctrl-C, and so whatever that starts: tests
# that press Ctrl-C would wait in vain.
signal.signal(signal.SIGINT, signal.default_int_handler)

# What preparing remembers of files outside of a workspace does not go to anybody's home.
_STATE = tempfile.TemporaryDirectory(prefix="state-of-tests-")
os.environ["XDG_STATE_HOME"] = _STATE.name
