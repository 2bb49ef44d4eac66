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
                alike: dict[torch.Size, list[torch.nn.Parameter]] = {}
                for matrix in group["params"]:
                    alike.setdefault(matrix.shape, []).append(matrix)
                for matrices in alike.values():
                    self._step(matrices, group["lr"], group["weight_decay"])

    def _step(self, matrices: list[torch.nn.Parameter], lr: float, weight_decay: float) -> None:
        """One step of matrices of the same shape, together: a GPU is slow to start many small products."""
        gradients = torch.stack([matrix.grad for matrix in matrices])
        momentum = self.state[matrices[0]].setdefault("momentum", torch.zeros_like(gradients))
        momentum.lerp_(gradients, 1 - MOMENTUM)
        updates = orthogonal(gradients.lerp(momentum, MOMENTUM)) * (0.2 * max(gradients.shape[1:]) ** 0.5)
        torch._foreach_mul_(matrices, 1 - lr * weight_decay)
        torch._foreach_add_(matrices, list(updates), alpha=-lr)


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """The nearest matrices with singular values of about 1, by Newton and Schulz."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=EPSILON)
    a, b, c = QUINTIC
    for _ in range(STEPS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x
