"""Losses and scores of masks against counting by hand."""

import math

import numpy as np
import pytest
import torch

from unet.pictures.image_losses import segmentation_loss, soft_dice
from unet.pictures.image_scores import agreement, labels_of_scores


def random_labels(seed, n_classes):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, n_classes, (3, 5, 7), generator=generator)


@pytest.mark.parametrize("n_classes", [1, 2, 4])
def test_agreement_counts_sets(n_classes):
    predicted, true = (random_labels(seed, max(n_classes, 2)) for seed in (0, 1))
    dice, iou = agreement(predicted, true, n_classes)
    for picture in range(3):
        for column, label in enumerate(range(1, max(n_classes, 2))):
            a, b = (
                {tuple(place) for place in np.argwhere(labels[picture].numpy() == label)}
                for labels in (predicted, true)
            )
            assert dice[picture, column] == pytest.approx(2 * len(a & b) / (len(a) + len(b)))
            assert iou[picture, column] == pytest.approx(len(a & b) / len(a | b))
    assert dice.shape == iou.shape == (3, max(n_classes, 2) - 1)


def test_agreement_at_its_ends():
    empty, full = torch.zeros(1, 4, 4, dtype=torch.long), torch.ones(1, 4, 4, dtype=torch.long)
    for predicted, true, wanted in ((empty, empty, 1), (full, full, 1), (empty, full, 0)):
        assert [float(v) for v in agreement(predicted, true, 1)] == [wanted, wanted]


def test_labels_of_scores():
    one = torch.logit(torch.tensor([0.2, 0.6, 0.8]))[None, None, None]
    assert labels_of_scores(one).tolist() == [[[0, 1, 1]]]
    assert labels_of_scores(one, 0.7).tolist() == [[[0, 0, 1]]]
    three = torch.tensor([[1.0, 0, 0], [2, 5, 0], [0, 6, -1]])[None, :, None]
    assert labels_of_scores(three).tolist() == [[[1, 2, 0]]]


def test_loss_of_one_class_by_hand():
    scores = torch.tensor([[[[0.3, -1.2], [2.0, 0.0]]]])
    labels = torch.tensor([[[1, 0], [1, 1]]])
    p = [1 / (1 + math.exp(-s)) for s in (0.3, -1.2, 2.0, 0.0)]
    entropy = -(math.log(p[0]) + math.log(1 - p[1]) + math.log(p[2]) + math.log(p[3])) / 4
    dice = 2 * (p[0] + p[2] + p[3]) / (sum(p) + 3)
    assert float(segmentation_loss(scores, labels)) == pytest.approx(entropy + 1 - dice, rel=1e-5)


def test_loss_of_three_classes_by_hand():
    draw = np.random.default_rng(0)
    scores, labels = draw.normal(size=(2, 3, 4, 4)), draw.integers(0, 3, (2, 4, 4))
    entropy, shared, areas = 0.0, 0.0, 0.0
    for picture in range(2):
        for y in range(4):
            for x in range(4):
                powers = [math.exp(s) for s in scores[picture, :, y, x]]
                right = powers[labels[picture, y, x]] / sum(powers)
                entropy -= math.log(right) / 32
                shared += right
                areas += 2
    loss = segmentation_loss(torch.from_numpy(scores), torch.from_numpy(labels))
    assert float(loss) == pytest.approx(entropy + 1 - 2 * shared / areas, rel=1e-6)


def test_soft_dice_of_nothing_is_one():
    nothing = torch.zeros(1, 1, 3, 3)
    assert float(soft_dice(nothing, nothing)) == pytest.approx(1)
    assert float(soft_dice(nothing, 1 - nothing)) == pytest.approx(0, abs=1e-6)


def test_right_scores_have_the_least_loss():
    labels = random_labels(0, 2)
    right = (labels[:, None].float() * 2 - 1) * 20
    assert float(segmentation_loss(right, labels)) < 1e-4
    assert float(segmentation_loss(-right, labels)) > 20
