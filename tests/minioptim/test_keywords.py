"""The words of other libraries, and other habits of calling: each error says what to write here."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import minioptim
from minioptim import Adam, RMSProp, Rule, iterate, minimize
from minioptim._keywords import ELSEWHERE, OTHER_NAMES
from minioptim.datasets import Dataset, RegressionData, Split, table
from minioptim.losses import MLP, LeastSquares, Minibatch, SoftmaxRegression
from minioptim.problems import Function, Problem, Quadratic, Rosenbrock
from minioptim.rules import AROUND, RULES, ClippedNorm, Frozen, Lookahead
from minioptim.schedules import Cosine
from minioptim.search import range_test
from minioptim.training import train

SURFACE = Rosenbrock()
CLASSES = Dataset(np.eye(4), [0, 1, 0, 1], 2)
NUMBERS = RegressionData(np.eye(4), [0.0, 1.0, 0.0, 1.0])
MODEL = SoftmaxRegression(CLASSES)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Adam(learning_rate=0.1), "Adam has no argument 'learning_rate': here it is 'lr'"),
        (lambda: Adam(beta_1=0.9), "'beta_1': here it is 'beta1'"),
        (lambda: Adam(0.1, betas=(0.9, 0.99)), "'betas': write beta1=... and beta2=..."),
        (lambda: RMSProp(alpha=0.9), "'alpha': here it is 'rho'"),
        (lambda: Adam(max_norm=1.0), r"ClippedNorm(rule, largest=1.0) clips"),
        (lambda: ClippedNorm(Adam(), max_norm=1.0), "'max_norm': here it is 'largest'"),
        (lambda: Lookahead(Adam(), sync_period=5), "'sync_period': here it is 'every'"),
        (lambda: Adam(batas=0.9), "Adam has no argument 'batas': did you mean 'beta"),
        (lambda: Adam(colour="red"), "'colour': it has lr, beta1, beta2, eps"),
        (lambda: minimize(SURFACE, Adam(), tol=1e-6), "'tol': say when to stop, as in stop=lambda"),
        (lambda: minimize(SURFACE, Adam(), seeds=range(3)), "training.train(model, rule, batch"),
        (lambda: minimize(SURFACE, Adam(), maxiter=9), "'maxiter': here it is 'steps'"),
        (lambda: minimize(SURFACE, optimizer=Adam()), "'optimizer': here it is 'rule'"),
        (lambda: minimize(SURFACE, Adam(), lr=0.1), "a rule has it, as in Adam(lr=0.01)"),
        (lambda: train(MODEL, Adam(), batch_size=2), "'batch_size': here it is 'batch'"),
        (lambda: train(MODEL, Adam(), 2, epochs=3), "'epochs': count steps"),
        (lambda: range_test(SURFACE, Adam(), max_lr=3), "'max_lr': here it is 'high'"),
        (lambda: table({"a": [1, 2]}, "a", test_size=0.2), "'test_size': here it is 'test'"),
        (lambda: table({"a": [1, 2]}, "a", sep=";"), "'sep': here it is 'delimiter'"),
        (lambda: MLP(CLASSES, hidden_layer_sizes=(3,)), "here it is 'hidden'"),
        (lambda: Dataset(X=[[1.0]], y=[0]), "'X': here it is 'inputs'"),
        (lambda: Function(lambda x: x[0], jac=abs), "'jac': here it is 'df'"),
        (lambda: Quadratic(eigs=[1.0]), "'eigs': it has eigenvalues, rotation"),
        (lambda: Cosine(learning_rate=0.1, steps=3), "'learning_rate': here it is 'lr'"),
    ],
)
def test_a_word_of_another_library_is_answered_with_ours(call, says):
    with pytest.raises((TypeError, ValueError)) as raised:
        call()
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: minimize(SURFACE, Adam(), 1000), ValueError, "steps=1000 if it is the number"),
        (lambda: minimize(abs, Adam()), TypeError, "Function(f, start=..., each=True) makes one"),
        (
            lambda: minimize(SURFACE, [Adam(), RMSProp()]),
            TypeError,
            "rule must be one rule, got 2 in a list: call minimize for each",
        ),
        (lambda: Function(lambda x, y: x * y), TypeError, "one array, the point, got one of (x, y"),
        (
            lambda: minimize(Function(lambda x: x**2, start=[3.0], each=True), Adam()),
            ValueError,
            "f must return shape () at one point, got (1,). A point is an array of coordinates",
        ),
        (
            lambda: minimize(Function(lambda x: x**2, start=[3.0]), Adam(lr=[0.1, 0.2])),
            ValueError,
            "must have shape (2,), got (2, 1). A point is an array of coordinates",
        ),
        (
            lambda: SoftmaxRegression(Split(CLASSES, CLASSES)),
            TypeError,
            "take one of the two, split.train or split.test",
        ),
        (lambda: SoftmaxRegression(NUMBERS), TypeError, "What predicts a number is LeastSquares"),
        (lambda: LeastSquares(CLASSES), TypeError, "What predicts a class is SoftmaxRegression"),
        (
            lambda: MODEL.accuracy(np.zeros(10), np.ones((40, 5))),
            TypeError,
            "data must be a Dataset, got an array of shape (40, 5): ",
        ),
        (
            lambda: CLASSES.split(test=0.25),
            TypeError,
            "test must be a whole number of examples, got 0.25: a share of 0.25 of the 4 is test=1",
        ),
        (lambda: MODEL.minibatch(2, seed=range(9)), TypeError, "training.train(model, rule, batch"),
        (lambda: train(MODEL, Adam(), 2, 3, 5), TypeError, "such as range(10), got 5"),
        (
            lambda: train(MODEL.minibatch(2), Adam(), 2, 3, [0]),
            TypeError,
            "model must be a model such as MLP(data), and batch is the size of its minibatches",
        ),
        (lambda: Rosenbrock(3), TypeError, "takes 1 positional argument but 2 were given"),
    ],
)
def test_another_way_of_calling_is_answered_with_ours(call, error, says):
    with pytest.raises(error) as raised:
        call()
    assert says in str(raised.value)


def test_a_stop_that_asks_for_f_is_told_what_a_step_has():
    with pytest.raises(AttributeError) as raised:
        minimize(SURFACE, Adam(), stop=lambda step: step.f < 1)
    assert raised.value.__notes__[-1] == (
        "(a step has t, x, query, grad, state; f is problem.value(step.x))"
    )


def test_an_error_inside_a_schedule_says_whose_it_is():
    with pytest.raises(ZeroDivisionError) as raised:
        minimize(SURFACE, Adam(lr=lambda t: 1 / (3 - t)))
    assert "given by the schedule in Adam(" in raised.value.__notes__[0]
    assert raised.value.__notes__[0].endswith("at t=3)")


def test_a_function_of_one_array_is_taken_however_it_is_written():
    with_options = Function(lambda x, a=2.0, *, b=1.0: a * x[0] + b, each=True)
    assert with_options.value(np.array([3.0])) == 7.0
    assert Function(np.linalg.norm, each=True).value(np.array([3.0, 4.0])) == 5.0
    assert Function(max, each=True).value(np.array([3.0, 4.0])) == 4.0  # in C, of unknown arguments


PUBLIC = [*RULES, *AROUND, minimize, Function, Quadratic, Dataset, RegressionData, MLP]
PUBLIC += [SoftmaxRegression, Minibatch, train, table, range_test]


def test_every_word_of_the_table_is_an_argument_of_something():
    known = {name for value in PUBLIC for name in inspect.signature(value).parameters}
    assert OTHER_NAMES.keys() <= known
    words = [word for words in OTHER_NAMES.values() for word in words]
    assert all(ELSEWHERE.values())
    assert len(words) > 80
    assert all(name not in words for name, words in OTHER_NAMES.items())


def test_signatures_are_those_of_the_classes_themselves():
    assert list(inspect.signature(Adam).parameters) == ["lr", "beta1", "beta2", "eps"]
    assert list(inspect.signature(Cosine(0.1, 5)).parameters) == ["t"]
    assert list(inspect.signature(Problem).parameters) == []
    assert next(iter(inspect.signature(minimize).parameters)) == "problem"
    assert iterate.__name__ == "iterate"


def test_what_is_copied_or_has_its_own_arguments_is_left_alone():
    class Mine(Problem):
        def __init__(self, **options):
            self.options = options

        def value(self, x):
            return x[..., 0]

        def gradient(self, x):
            return np.ones_like(x)

    assert Mine(learning_rate=3).options == {"learning_rate": 3}
    for thing in (Adam(lr=[0.1, 0.2]), Frozen(Adam(), [True, False]), Cosine(0.1, 5)):
        assert pickle.loads(pickle.dumps(thing)) == copy.deepcopy(thing) == thing  # noqa: S301

    class Bare(Problem):
        value = gradient = staticmethod(np.asarray)

    with pytest.raises(TypeError, match="Bare takes no arguments"):
        Bare(3)


def test_a_class_that_lacks_its_decorator_is_told_so():
    class Mine(Rule):
        lr: float = 0.1

        def step(self, g, x, t):
            return (x - self.lr * g,)

    with pytest.raises(TypeError, match=r"^write @dataclass\(frozen=True\) above class Mine$"):
        Mine(lr=0.5)


def test_numbers_without_a_type_are_no_arguments_and_said_to_be_none():
    class Mine(Rule):
        lr = 0.1

        def step(self, g, x, t):
            return (x - self.lr * g,)

    with pytest.raises(TypeError, match=r"above class Mine, and a type with lr: float$"):
        Mine(lr=0.5)
    with pytest.raises(TypeError, match=r"^lr of Mine is no argument without a type"):
        Mine()


def mine(step, query="x, m"):
    """Return a rule whose methods take arguments in the order given."""
    methods = {"step": f"lambda self, {step}: (0.0, 0.0)", "query": f"lambda self, {query}: 0.0"}
    made = {name: eval(text) for name, text in methods.items()}  # noqa: S307
    return type("Mine", (Rule,), {"state": ("m",), **made})()


@pytest.mark.parametrize("order", ["x, g, m, t", "x, grad, t, m", "g, x, m, t"])
def test_a_step_with_its_arguments_in_another_order_is_refused(order):
    """Passed by place, it would run, and take the gradient for the point."""
    with pytest.raises(TypeError, match=r"^Mine.step must take \(self, g, x, t, m\) in this"):
        mine(order)


def test_a_query_in_another_order_is_refused_and_other_names_in_their_places_are_not():
    with pytest.raises(TypeError, match=r"^Mine.query must take \(self, x, m\) in this order"):
        mine("g, x, t, m", query="m, x")
    mine("gradient, w, step, velocity", query="w, velocity")
    mine("g, x, t, *state", query="x, *state")


def test_parameters_given_as_to_other_libraries_are_shown_the_way():
    with pytest.raises(TypeError, match=r"^Adam is given no parameters .* Stepper\(rule, x\)"):
        Adam([np.ones(3)], lr=0.1)


def test_what_is_elsewhere_in_the_package_is_said():
    with pytest.raises(AttributeError, match="from minioptim.problems import Function$"):
        minioptim.Function  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'nowhere'$"):
        minioptim.nowhere  # noqa: B018
