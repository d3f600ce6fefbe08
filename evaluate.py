"""Say how good a network is: on cars, or on vocals."""

import sys

from unet.commands import evaluate_network

if __name__ == "__main__":
    sys.exit(evaluate_network(__file__))
