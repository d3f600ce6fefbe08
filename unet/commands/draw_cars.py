"""Draw cars to try the U-Net on: ``python -m unet.commands.draw_cars FOLDER``."""

import sys

from unet.commands.car_pictures import draw_car_pictures

if __name__ == "__main__":
    sys.exit(draw_car_pictures())
