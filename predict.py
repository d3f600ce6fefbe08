"""Draw the masks of pictures with a trained U-Net."""

import sys

from unet.commands import predict_masks

if __name__ == "__main__":
    sys.exit(predict_masks(__file__))
