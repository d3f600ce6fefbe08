"""Train a network: on cars, or on vocals."""

import sys

from unet.commands import train_network

if __name__ == "__main__":
    sys.exit(train_network(__file__))
