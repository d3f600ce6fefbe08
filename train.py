"""Train a network: on cars, or on vocals."""

import sys

from unet.task_command import run_task

if __name__ == "__main__":
    sys.exit(run_task(__file__, "train"))
