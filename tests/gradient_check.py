"""Hold a gradient to the loss along one random direction, in float64."""


def directional_error(value_and_gradient, at, rng, step=1e-6):
    """Relative distance of ``<gradient, d>`` from the central difference along d."""
    direction = rng.standard_normal(at.shape) * at
    above, _ = value_and_gradient(at + step * direction)
    below, _ = value_and_gradient(at - step * direction)
    measured = (above - below) / (2 * step)
    claimed = float((value_and_gradient(at)[1] * direction).sum())
    return abs(claimed - measured) / abs(measured)
