"""Writes torch_optim.json: optimizers and schedules by PyTorch, in float64.

    pip install torch
    python tests/golden/make_torch_optim.py

Each optimizer takes SPLIT steps, its state is written down as its `state_dict()` holds it, and
then as many more.  tests/ported/test_optim_of_pytorch.py loads that state and goes on, and takes
the first steps by itself: its own state is then the stored one, without the words in ONLY_PYTORCHS.
So the other way round can be tried here: PyTorch must go on from the stored state without these.
"""

import copy
import json
from pathlib import Path

from waves import wave

HERE = Path(__file__).resolve().parent
SPLIT = 6
STEPS = 40  # of a schedule
STARTS = [wave(3), wave(2, 2, start=4.0)]
ONLY_PYTORCHS = ("foreach", "fused", "capturable", "differentiable", "al")

BETAS = {"betas": (0.8, 0.95), "eps": 1e-3}
OPTIMIZERS = [
    ("SGD", {"lr": 0.03}),
    ("SGD", {"lr": 0.03, "maximize": True, "momentum": 0.5, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.03, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.03, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"lr": 0.03, "alpha": 0.9, "momentum": 0.5, "centered": True}),
    ("RMSprop", {"lr": 0.03, "maximize": True, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.1, "initial_accumulator_value": 0.2}),
    ("Adagrad", {"lr": 0.03, "maximize": True}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1, **BETAS}),
    ("Adam", {"lr": 0.03, "maximize": True}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.3, **BETAS}),
    ("AdamW", {"lr": 0.03, "maximize": True}),
    ("NAdam", {"lr": 0.1}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.1, **BETAS}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("NAdam", {"lr": 0.03, "maximize": True}),
    ("RAdam", {"lr": 0.1}),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.1, **BETAS}),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.03, "maximize": True}),
    ("LBFGS", {"lr": 0.1, "max_iter": 2}),
    ("LBFGS", {"max_iter": 2, "history_size": 3, "line_search_fn": "strong_wolfe"}),
]


def loss_of(a, b):
    """Seven numbers that interact; by operators alone, so that any library can compute it."""
    x, y = a * a - 1.3, b * b - b * 0.5 - 0.7
    return (x * x).sum() + (y * y).sum() + 0.3 * (a.sum() * b).sum()


def groups_of(name, a, b):
    """The parameters as an optimizer takes them: in two groups, where it takes two."""
    return [a, b] if name == "LBFGS" else [{"params": [a]}, {"params": [b], "lr": 0.02}]


def steps(optimizer, a, b, count):
    """What the closure returned in each step."""

    def closure():
        optimizer.zero_grad()
        loss = loss_of(a, b)
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(count)]


#: Makers of schedules, from a module of the names of torch.optim.lr_scheduler and an optimizer.
SCHEDULES = {
    "ConstantLR": lambda s, o: s.ConstantLR(o, factor=0.5, total_iters=4),
    "ConstantLR default": lambda s, o: s.ConstantLR(o),
    "LinearLR": lambda s, o: s.LinearLR(o, start_factor=0.2, end_factor=0.7, total_iters=7),
    "LinearLR default": lambda s, o: s.LinearLR(o),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, total_iters=30, power=2.0),
    "PolynomialLR default": lambda s, o: s.PolynomialLR(o),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lr_lambda=lambda t: 1 - 0.01 * t),
    "LambdaLR": lambda s, o: s.LambdaLR(o, lr_lambda=[lambda t: 0.9**t, lambda t: 1 / (1 + t)]),
    "warm restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2, eta_min=0.01),
    "warm restarts of one length": lambda s, o: s.CosineAnnealingWarmRestarts(o, 7),
    "CyclicLR": lambda s, o: s.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=5),
    "CyclicLR triangular2": lambda s, o: s.CyclicLR(
        o, [0.01, 0.02], [0.1, 0.2], step_size_up=4, step_size_down=7, mode="triangular2"
    ),
    "CyclicLR exp_range": lambda s, o: s.CyclicLR(
        o, 0.01, 0.1, 5, mode="exp_range", gamma=0.97, base_momentum=0.7, max_momentum=0.95
    ),
    "CyclicLR of a function": lambda s, o: s.CyclicLR(
        o, 0.01, 0.1, 5, scale_fn=lambda t: 1 / (1 + t), scale_mode="iterations",
        cycle_momentum=False,
    ),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler(
        [s.ConstantLR(o, factor=0.1, total_iters=3), s.ExponentialLR(o, gamma=0.9)], optimizer=o
    ),
    "ChainedScheduler of three": lambda s, o: s.ChainedScheduler(
        [s.LinearLR(o, total_iters=8), s.MultiStepLR(o, [6, 20], 0.5), s.PolynomialLR(o, 35)]
    ),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, schedulers=[s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, T_max=30)],
        milestones=[5],
    ),
}  # fmt: skip
#: The optimizers whose momentum a schedule may move; most move none.
KINDS = {name: ["SGD", "Adam"] if name.startswith("Cyclic") else ["SGD"] for name in SCHEDULES}


def optimizer_of(kind, module, a, b):
    """One of two groups, with momentum."""
    settings = {"momentum": 0.9} if kind == "SGD" else {}
    return getattr(module, kind)([{"params": [a]}, {"params": [b], "lr": 0.5}], 0.1, **settings)


def rates(schedule, optimizer):
    """Rates and momenta of the groups, before each of some steps."""
    rows = []
    for _ in range(STEPS):
        groups = optimizer.param_groups
        momenta = [g["momentum"] if "momentum" in g else g["betas"][0] for g in groups]
        rows.append([g["lr"] for g in groups] + momenta)
        assert list(schedule.get_last_lr()) == rows[-1][:2]
        optimizer.step()
        schedule.step()
    return rows


def plain(x):
    """Nested state as JSON has it."""
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [plain(item) for item in x]
    return x.tolist() if hasattr(x, "tolist") else x


def main():
    """Run everything by PyTorch, and write it down."""
    import torch

    torch.set_default_dtype(torch.float64)

    def leaves(arrays):
        return [torch.tensor(x, requires_grad=True) for x in arrays]

    def tensors(key, x):
        """The arrays of a state, which JSON has as lists, as tensors."""
        if key in ("old_dirs", "old_stps"):
            return [torch.tensor(vector) for vector in x]
        return torch.tensor(x) if isinstance(x, list) and key != "ro" else x

    optimizers = []
    for name, settings in OPTIMIZERS:
        make = getattr(torch.optim, name)
        params = leaves(STARTS)
        optimizer = make(groups_of(name, *params), **settings)
        losses = steps(optimizer, *params, SPLIT)
        state = plain(copy.deepcopy(optimizer.state_dict()))
        between = plain(params)
        losses += steps(optimizer, *params, SPLIT)
        optimizers.append(
            {"state": state, "between": between, "after": plain(params), "losses": losses}
        )

        again = leaves(between)
        optimizer = make(groups_of(name, *again), **{**settings, "lr": 0.7})
        rows = {
            place: {key: tensors(key, x) for key, x in row.items() if key not in ONLY_PYTORCHS}
            for place, row in state["state"].items()
        }
        groups = [
            {key: x for key, x in group.items() if key not in ONLY_PYTORCHS}
            for group in state["param_groups"]
        ]
        optimizer.load_state_dict({"state": rows, "param_groups": groups})
        steps(optimizer, *again, SPLIT)
        assert plain(again) == plain(params), name

    schedules = {}
    for name, make in SCHEDULES.items():
        for kind in KINDS[name]:
            optimizer = optimizer_of(kind, torch.optim, *leaves(STARTS))
            schedule = make(torch.optim.lr_scheduler, optimizer)
            schedules[f"{name}, {kind}"] = rates(schedule, optimizer)

    text = json.dumps({"optimizers": optimizers, "schedules": schedules})
    (HERE / "torch_optim.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
