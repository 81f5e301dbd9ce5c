"""What a module holds where nothing would find it: in lists, tuples, dicts; and itself."""

import copy
import pickle
import warnings
from collections import deque

import numpy as np
import pytest

import nn
from engine import Tensor, Value, ValueArray


class Holder(nn.Module):
    """A module with one attribute of your choice, and one parameter."""

    def __init__(self, held):
        self.own = nn.Parameter([1.0])
        self.held = held


def linear():
    return nn.Linear(2, 1, rng=0)


ASKING = {
    "parameters": lambda m: m.parameters(),
    "named_parameters": lambda m: m.named_parameters(),
    "state_dict": lambda m: m.state_dict(),
    "train": lambda m: m.train(),
    "eval": lambda m: m.eval(),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
@pytest.mark.parametrize(
    ("held", "words"),
    [
        (lambda: [linear(), nn.ReLU()], r"holds a Linear in a list.*an nn\.ModuleList"),
        (lambda: (nn.Dropout(0.5),), r"holds a Dropout in a tuple.*add_module\(name, module\)"),
        (lambda: {"a": linear()}, r"holds a Linear in a dict"),
        (lambda: {linear()}, r"holds a Linear in a set"),
        (lambda: [[3, {"deep": (linear(),)}]], r"holds a Linear in a list"),
        (lambda: [nn.Parameter([1.0])], r"holds a Parameter in a list.*an nn\.ParameterList"),
        (lambda: {"w": nn.Parameter([1.0], requires_grad=False)}, "holds a Parameter in a dict"),
        (lambda: {Value(1.0), Value(2.0)}, r"holds a Value in a set.*make that a list"),
        (lambda: deque([linear()]), "holds a Linear in a deque"),
        (lambda: Tensor([1.0], requires_grad=True), r"is a Tensor.*make that an nn\.Parameter,"),
        (lambda: [Tensor([1.0], requires_grad=True)], "holds a Tensor in a list"),
    ],
)
def test_what_would_not_be_learned_or_saved_is_named(held, words, ask):
    """It was passed over: never trained, never saved, never in eval mode."""
    model = nn.Sequential(Holder(held()))
    with pytest.warns(UserWarning, match=rf"Holder\.held {words}") as caught:
        ask(model)
    assert len(caught) == 1
    assert caught[0].filename == __file__  # where it was asked, not in nn


def test_a_list_that_is_filled_later_is_looked_into():
    model = Holder([])
    list(model.parameters())
    model.held.append(linear())
    with pytest.warns(UserWarning, match=r"Holder\.held holds a Linear"):
        model.parameters()


def test_a_list_of_modules_that_have_names_too_is_fine():
    class Named(nn.Module):
        def __init__(self):
            self.order = []
            self.first, self.second = linear(), linear()
            self.order += [self.first, self.second]
            self.weights = {"a": self.first.weight}

    model = nn.Sequential(Named())
    assert len(list(model.parameters())) == 4
    model.eval()
    scalar = model.scalar()
    scalar[0].weights = {"a": scalar[0].first.weight, "b": list(scalar[0].first.weight.flat)}
    scalar[0].row, scalar[0].bias = scalar[0].first.weight[0], scalar[0].first.bias[0]
    assert len(list(scalar.parameters())) == 4


@pytest.mark.parametrize(
    "held",
    [
        lambda: ["a", 1, None],
        lambda: {"size": (3, 4)},
        lambda: [Tensor([1.0]), np.ones(3)],
        lambda: [(Tensor([1.0], requires_grad=True) * 2.0)],  # a result that is kept
        lambda: [ValueArray.of([1.0]) * 2.0],
        lambda: ValueArray.of([1.0]) * 2.0,
        lambda: Value(1.0) * 2.0,
        lambda: (Value(1.0, requires_grad=False), Tensor([1.0])),
        lambda: Tensor([1.0]),
        lambda: np.array(["a", None], dtype=object),
        lambda: [[[[[linear()]]]]],  # nobody keeps weights that deep
        lambda: None,
    ],
)
def test_what_is_not_learned_may_stand_in_a_list(held):
    model = Holder(held())
    assert len(list(model.parameters())) == 1


def test_a_list_that_holds_itself_is_looked_into_all_the_same():
    held = [linear()]
    held.insert(0, held)
    with pytest.warns(UserWarning, match=r"Holder\.held holds a Linear"):
        Holder(held).parameters()


def test_what_is_kept_out_on_purpose_is_not_named():
    model = Holder(None)
    object.__setattr__(model, "teacher", [linear()])
    assert len(list(model.parameters())) == 1


def test_a_list_that_was_replaced_or_deleted_is_forgotten():
    model = Holder([linear()])
    model.held = nn.ModuleList(model.held)
    assert len(list(model.parameters())) == 3
    model = Holder([linear()])
    del model.held
    assert len(list(model.parameters())) == 1


def test_a_model_that_names_its_parameters_itself_is_asked_nothing():
    class Own(nn.Module):
        def __init__(self):
            self.weights = [Value(1.0), Value(2.0)]

        def parameters(self):
            return iter(self.weights)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(Own().parameters())) == 2


# --- ParameterList ---


def test_a_parameter_list_is_learned_saved_and_has_a_scalar_form():
    model = Holder(nn.ParameterList([nn.Parameter([1.0, 2.0])]))
    model.held.append(nn.Parameter([3.0])).extend([nn.Parameter([4.0])])
    assert list(model.state_dict()) == ["own", "held.0", "held.1", "held.2"]
    assert [p.tolist() for p in model.held] == [[1.0, 2.0], [3.0], [4.0]]
    assert model.held[-1].tolist() == [4.0]
    assert [p.tolist() for p in model.held[1:]] == [[3.0], [4.0]]
    assert len(model.held) == 3
    model.held[-1] = nn.Parameter([5.0])
    assert model.held[2].tolist() == [5.0]
    assert model.scalar().held[0].values.tolist() == [1.0, 2.0]
    assert len(nn.ParameterList()) == 0


def test_a_parameter_list_holds_parameters():
    held = nn.ParameterList([nn.Parameter([1.0])])
    with pytest.raises(TypeError, match="holds Parameters, element 1 is a result of operations"):
        held.append(Tensor([1.0]) * nn.Parameter([1.0]))
    with pytest.raises(TypeError, match="element 0 is a float"):
        held[0] = 3.0
    with pytest.raises(IndexError):
        held[1] = nn.Parameter([1.0])
    assert len(held) == 1


# --- a module inside itself ---


def test_a_module_that_would_hold_itself_is_refused_and_nothing_changes():
    """`child.parent = self` left a model that nothing could walk."""

    class Parent(nn.Module):
        def __init__(self):
            self.child = linear()
            with pytest.raises(ValueError, match=r"object\.__setattr__\(module, 'parent', other\)"):
                self.child.parent = self

    model = Parent()
    whole = nn.Sequential(model)
    for name, wrong in (("itself", model), ("whole", whole), ("parent", nn.ModuleList([whole]))):
        with pytest.raises(ValueError, match=f"{name!r} of Linear would put"):
            setattr(model.child, name, wrong)
    with pytest.raises(ValueError, match="would put"):
        model.me = model
    assert [name for name, _ in whole.named_modules()] == ["", "0", "0.child"]
    assert "Linear" in repr(whole)


def test_the_way_out_for_a_reference_to_the_parent_works():
    model = nn.Sequential(linear(), nn.ReLU())
    object.__setattr__(model[0], "parent", model)
    assert len(list(model.parameters())) == 2
    assert list(model.state_dict()) == ["0.weight", "0.bias"]
    assert repr(model).count("Linear") == 1
    for one in (copy.deepcopy(model), pickle.loads(pickle.dumps(model)), model.scalar()):
        assert one[0].parent is one
    assert model.eval().train().to(np.float32).apply(id) is model
    assert "Linear" in str(nn.summary(model, np.ones((1, 2))))
