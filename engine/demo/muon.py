"""Muon for machines without bf16: PyTorch's own multiplies in bf16, fifty times slower on a CPU that lacks it."""

import torch

MOMENTUM = 0.95
QUINTIC = (3.4445, -4.7750, 2.0315)  # Newton-Schulz, as in torch.optim.Muon
STEPS = 5
EPSILON = 1e-7


class Muon(torch.optim.Optimizer):  # type: ignore[misc]  # the class has no types of its own
    """Momentum whose steps are made orthogonal, in the precision of the weights (matrices only).

    The learning rate is scaled so that a step has the size of one of AdamW (`match_rms_adamw`)."""

    def __init__(self, matrices: list[torch.nn.Parameter], lr: float, weight_decay: float) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})

    def step(self) -> None:
        with torch.no_grad():
            for group in self.param_groups:
                for matrix in group["params"]:
                    self._step(matrix, group["lr"], group["weight_decay"])

    def _step(self, matrix: torch.nn.Parameter, lr: float, weight_decay: float) -> None:
        momentum = self.state[matrix].setdefault("momentum", torch.zeros_like(matrix))
        momentum.lerp_(matrix.grad, 1 - MOMENTUM)
        update = orthogonal(matrix.grad.lerp(momentum, MOMENTUM))
        matrix.mul_(1 - lr * weight_decay)
        matrix.add_(update, alpha=-lr * 0.2 * max(matrix.shape) ** 0.5)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """The nearest matrix with singular values of about 1, by Newton and Schulz."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=EPSILON)
    a, b, c = QUINTIC
    for _ in range(STEPS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x.T if tall else x
