"""Draw a car and its mask.

No colour gives the car away: it is shaded, reflects, has dark tyres and glass that shows what is
behind it, and stands before walls, boxes and blots of the very same colours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 320, 208
OVERSAMPLING = 2

Points = list[tuple[float, float]]

# Outlines in car lengths, from the tail along the roof to the nose; the wheels stand on y = 0.
BODIES: dict[str, Points] = {
    "saloon": [(0.00, 0.10), (0.01, 0.22), (0.17, 0.25), (0.30, 0.38), (0.56, 0.38), (0.71, 0.25),
               (0.96, 0.20), (1.00, 0.09)],
    "hatchback": [(0.00, 0.10), (0.02, 0.27), (0.09, 0.40), (0.53, 0.41), (0.72, 0.26),
                  (0.97, 0.21), (1.00, 0.09)],
    "van": [(0.00, 0.09), (0.00, 0.45), (0.04, 0.49), (0.70, 0.49), (0.84, 0.30), (0.98, 0.24),
            (1.00, 0.08)],
    "pickup": [(0.00, 0.12), (0.00, 0.25), (0.42, 0.25), (0.46, 0.42), (0.65, 0.42), (0.76, 0.27),
               (0.98, 0.24), (1.00, 0.11)],
}  # fmt: skip
WINDOWS: dict[str, list[Points]] = {
    "saloon": [[(0.22, 0.26), (0.32, 0.355), (0.43, 0.355), (0.43, 0.26)],
               [(0.45, 0.26), (0.45, 0.355), (0.55, 0.355), (0.66, 0.26)]],
    "hatchback": [[(0.08, 0.28), (0.12, 0.375), (0.32, 0.38), (0.32, 0.27)],
                  [(0.34, 0.27), (0.34, 0.38), (0.52, 0.385), (0.67, 0.27)]],
    "van": [[(0.58, 0.30), (0.58, 0.45), (0.69, 0.45), (0.79, 0.31)]],
    "pickup": [[(0.48, 0.27), (0.49, 0.395), (0.64, 0.395), (0.72, 0.28)]],
}  # fmt: skip


def draw_car(draw: np.random.Generator) -> tuple[Image.Image, Image.Image]:
    """Draw one car.

    Parameters
    ----------
    draw : numpy.random.Generator

    Returns
    -------
    image : Image
        Mode ``RGB``, `WIDTH` × `HEIGHT` pixels.
    mask : Image
        Mode ``1``.
    """
    size = (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING)
    colours = draw.integers(25, 235, (4, 3))
    scene = _scene(size, colours, draw)
    kind = str(draw.choice(list(BODIES)))
    place = _Place(size, draw)
    wheels = [(x, 0.075) for x in (0.19, 0.80)]
    radius = draw.uniform(0.07, 0.085)

    shadow = Image.new("L", size)
    ImageDraw.Draw(shadow).polygon(
        place.points([(-0.04, 0.03), (1.05, 0.03), (0.97, -0.05), (0.02, -0.05)]), fill=190
    )
    shadow = shadow.filter(ImageFilter.GaussianBlur(size[0] / 60))
    scene = Image.composite(Image.new("RGB", size, (18, 18, 20)), scene, shadow)

    body = Image.new("L", size)
    ImageDraw.Draw(body).polygon(place.points(BODIES[kind]), fill=255)
    body = body.filter(ImageFilter.GaussianBlur(size[0] / 160)).point(lambda v: 255 * (v > 127))
    tyres, rims = Image.new("L", size), Image.new("L", size)
    for centre in wheels:
        ImageDraw.Draw(tyres).polygon(place.circle(centre, radius), fill=255)
        ImageDraw.Draw(rims).polygon(place.circle(centre, radius * 0.6), fill=255)
    glass = Image.new("L", size)
    for window in WINDOWS[kind]:
        ImageDraw.Draw(glass).polygon(place.points(window), fill=255)

    behind = scene.filter(ImageFilter.GaussianBlur(3))
    tint = Image.blend(behind, Image.new("RGB", size, (30, 36, 44)), draw.uniform(0.3, 0.8))
    scene = Image.composite(_paint(size, colours[0], place, draw), scene, body)
    scene = Image.composite(tint, scene, glass)
    _draw_details(scene, kind, place, draw)
    scene = Image.composite(Image.new("RGB", size, _grey(draw, 12, 45)), scene, tyres)
    scene = Image.composite(Image.new("RGB", size, _grey(draw, 90, 210)), scene, rims)
    mask = ImageChops.lighter(body, tyres)
    return _photographed(scene, draw), mask.resize((WIDTH, HEIGHT), Image.Resampling.BOX).point(
        lambda v: 255 * (v > 127), "1"
    )


class _Place:
    """Where the car stands: how far, turned how, tilted how."""

    def __init__(self, size: tuple[int, int], draw: np.random.Generator) -> None:
        length = size[0] * draw.uniform(0.42, 0.72)
        squeeze = draw.uniform(0.6, 1.0)  # seen from the side, or more from the front
        tilt = np.deg2rad(draw.uniform(-9, 9))
        facing = draw.choice([-1, 1])
        turned = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
        scaled = np.array([[facing * length * squeeze, 0], [0, -length]])
        self._matrix = turned @ scaled
        spot = size * np.array([draw.uniform(0.42, 0.58), draw.uniform(0.62, 0.86)])
        self._origin = spot - self._matrix @ np.array([0.5, 0.1])

    def points(self, outline: Points) -> Points:
        """Car lengths to pixels."""
        return [(float(x), float(y)) for x, y in np.array(outline) @ self._matrix.T + self._origin]

    def circle(self, centre: tuple[float, float], radius: float) -> Points:
        """A circle in car lengths, as pixels: an ellipse."""
        angle = np.linspace(0, 2 * np.pi, 40)
        ring = np.array(centre) + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return self.points([(float(x), float(y)) for x, y in ring])


def _scene(
    size: tuple[int, int], colours: NDArray[np.int64], draw: np.random.Generator
) -> Image.Image:
    """Sky or wall, ground, and things in between in the car's own colours."""
    width, height = size
    horizon = int(height * draw.uniform(0.45, 0.7))
    scene = _gradient(size, colours[1], colours[2] // 2 + 90)
    ground = _gradient((width, height - horizon), colours[3], colours[3] // 2)
    scene.paste(ground, (0, horizon))
    pen = ImageDraw.Draw(scene)
    for _ in range(draw.integers(4, 11)):
        colour = np.clip(colours[draw.integers(4)] + draw.normal(0, 22, 3), 0, 255).astype(int)
        x, y = draw.uniform(0, width), horizon + draw.uniform(-0.45, 0.35) * height
        w, h = draw.uniform(0.03, 0.28, 2) * width
        box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        shape = draw.integers(3)
        if shape == 0:
            pen.rectangle(box, fill=tuple(colour))
        elif shape == 1:
            pen.ellipse(box, fill=tuple(colour))
        else:
            corners = draw.uniform(-0.5, 0.5, (5, 2)) * (w, h) + (x, y)
            pen.polygon([(float(a), float(b)) for a, b in corners], fill=tuple(colour))
    return scene


def _paint(
    size: tuple[int, int], colour: NDArray[np.int64], place: _Place, draw: np.random.Generator
) -> Image.Image:
    """Bodywork: bright where it faces up, dark below, a reflection along the side."""
    top, bottom = place.points([(0.5, 0.45), (0.5, 0.02)])
    y = np.arange(size[1], dtype=np.float32)
    down = np.clip((y - top[1]) / (bottom[1] - top[1]), 0, 1)
    light = 1.25 - 0.75 * down + 0.35 * np.exp(-((down - draw.uniform(0.35, 0.6)) ** 2) / 0.004)
    along = 1 + 0.15 * np.sin(
        np.arange(size[0]) / size[0] * draw.uniform(3, 9) + draw.uniform(0, 6)
    )
    shade = np.clip(light[:, None, None] * along[None, :, None] * colour, 0, 255)
    return Image.fromarray(shade.astype(np.uint8))


def _draw_details(scene: Image.Image, kind: str, place: _Place, draw: np.random.Generator) -> None:
    """Doors, handle, lamps, bumper."""
    pen = ImageDraw.Draw(scene)
    dark = _grey(draw, 10, 60)
    for x in (0.44, 0.68) if kind != "van" else (0.56, 0.8):
        pen.line(place.points([(x, 0.09), (x - 0.01, 0.24)]), fill=dark, width=2)
    pen.line(place.points([(0.36, 0.205), (0.41, 0.205)]), fill=dark, width=3)
    pen.line(place.points([(0.28, 0.11), (0.71, 0.11)]), fill=dark, width=4)
    pen.polygon(
        place.points([(0.93, 0.155), (0.985, 0.15), (0.985, 0.185), (0.95, 0.19)]),
        fill=(255, 250, 215),
    )
    pen.polygon(
        place.points([(0.005, 0.16), (0.035, 0.16), (0.035, 0.21), (0.012, 0.21)]),
        fill=(190, 25, 25),
    )


def _photographed(scene: Image.Image, draw: np.random.Generator) -> Image.Image:
    """Light that falls off, a lens that blurs, a sensor that is noisy."""
    scene = scene.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    scene = scene.filter(ImageFilter.GaussianBlur(draw.uniform(0, 0.9)))
    pixels = np.asarray(scene, np.float32)
    slope = draw.uniform(-0.25, 0.25, 2)
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    pixels = pixels * (1 + slope[0] * x + slope[1] * y)[:, :, None] * draw.uniform(0.7, 1.2)
    pixels += draw.normal(0, draw.uniform(2, 12), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _gradient(
    size: tuple[int, int], top: NDArray[np.int64], bottom: NDArray[np.int64]
) -> Image.Image:
    down = np.linspace(0, 1, max(size[1], 1))[:, None, None]
    column = np.clip(top * (1 - down) + bottom * down, 0, 255).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(np.broadcast_to(column, (size[1], size[0], 3))))


def _grey(draw: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    level = int(draw.integers(low, high))
    return (level, level, min(level + 4, 255))
