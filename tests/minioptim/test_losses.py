"""The losses against finite differences, scikit-learn and exact identities."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from minioptim import SGD, Adam, Momentum, losses, minimize
from minioptim.datasets import Dataset, RegressionData, bag_of_words, digits
from minioptim.losses import (
    MLP,
    Classifier,
    LeastSquares,
    Minibatch,
    Model,
    SoftmaxRegression,
)
from minioptim.losses import base as module
from minioptim.problems import Problem


def small_data(n=7, p=4, k=3, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, p)) * (rng.random((n, p)) < 0.7)
    return Dataset(inputs, np.arange(n) % k, classes=k)


def as_sparse(data):
    return Dataset(sparse.csr_array(data.inputs), data.labels, data.classes)


DATA = small_data()
NUMBERS = RegressionData(DATA.inputs, np.random.default_rng(1).normal(size=7) + 2)
SPARSE_NUMBERS = RegressionData(sparse.csr_array(NUMBERS.inputs), NUMBERS.targets)

# Each class in losses.py that is a problem needs an entry here, or a test below fails.
EXAMPLES = {
    SoftmaxRegression: [
        SoftmaxRegression(DATA),
        SoftmaxRegression(DATA, l2=0.3),
        SoftmaxRegression(as_sparse(DATA), l2=0.3),
    ],
    MLP: [
        MLP(DATA, hidden=(5,), activation="relu"),
        MLP(DATA, hidden=(5, 4), activation="tanh", l2=0.3),
        MLP(as_sparse(DATA), hidden=(5, 4), activation="relu", l2=0.3),
    ],
    LeastSquares: [
        LeastSquares(NUMBERS),
        LeastSquares(NUMBERS, l2=0.3),
        LeastSquares(SPARSE_NUMBERS, l2=0.3),
    ],
    Minibatch: [
        LeastSquares(NUMBERS, l2=0.1, dropout=0.3).minibatch(3),
        SoftmaxRegression(DATA, l2=0.1).minibatch(2),
        MLP(DATA, hidden=(5,), activation="tanh", dropout=0.5).minibatch(3, replace=True),
    ],
}
PROBLEMS = [problem for problems in EXAMPLES.values() for problem in problems]
MODELS = [problem for problem in PROBLEMS if isinstance(problem, Model)]
CLASSIFIERS = [model for model in MODELS if isinstance(model, Classifier)]


def dimension(problem):
    return len(problem.start)


def points(problem, *shape, seed=0):
    return np.random.default_rng(seed).normal(size=(*shape, dimension(problem)))


def central_differences(f, x, h=1e-6):
    shifts = h * np.eye(len(x))
    return (f(x + shifts) - f(x - shifts)) / (2 * h)


def draws(problem, x, count):
    """Return what one oracle answers when asked at x so many times."""
    oracle = problem.oracle()
    return np.stack([oracle(x) for _ in range(count)])


# --- The gradient ---------------------------------------------------------------------------


def test_every_problem_of_the_module_is_among_the_examples():
    found = {
        thing
        for thing in vars(losses).values()
        if inspect.isclass(thing) and issubclass(thing, Problem) and not inspect.isabstract(thing)
    }
    assert found == set(EXAMPLES)


@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_the_gradient_agrees_with_central_differences(problem):
    for seed in range(5):
        x = points(problem, seed=seed)
        expected = central_differences(problem.value, x)
        np.testing.assert_allclose(problem.gradient(x), expected, rtol=1e-6, atol=1e-8)


@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 6),
    p=st.integers(1, 5),
    k=st.integers(2, 4),
    hidden=st.lists(st.integers(1, 4), max_size=3),
    l2=st.floats(0, 2),
)
@settings(max_examples=50, deadline=None, derandomize=True)
def test_the_gradient_of_a_network_of_any_shape(seed, n, p, k, hidden, l2):
    # tanh: at a kink of relu the two may differ, and both be right
    loss = MLP(small_data(n, p, k, seed), tuple(hidden), activation="tanh", l2=l2)
    x = points(loss, seed=seed)
    expected = central_differences(loss.value, x)
    np.testing.assert_allclose(loss.gradient(x), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_gradient_on_some_examples_is_that_of_their_loss(model):
    chosen = [5, 0, 5]
    alone = replace(model, data=model.data.part(np.array(chosen)))
    x = points(model, 2)
    np.testing.assert_allclose(model.gradient_on(chosen, x), alone.gradient(x), rtol=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_gradients_of_single_examples_average_to_the_gradient(model):
    x = points(model, 2)
    each = model.per_example_gradients(x)
    assert each.shape == (len(model.data), 2, dimension(model))
    np.testing.assert_allclose(each.mean(axis=0), model.gradient(x), rtol=1e-10, atol=1e-14)
    np.testing.assert_array_equal(model.per_example_gradients(x, [3, 1]), each[[3, 1]])


def test_sparse_and_dense_inputs_give_the_same_loss_and_gradient():
    for make in (SoftmaxRegression, MLP):
        dense, thin = make(DATA, l2=0.1), make(as_sparse(DATA), l2=0.1)
        x = points(dense, 3)
        np.testing.assert_allclose(thin.value(x), dense.value(x), rtol=1e-13)
        np.testing.assert_allclose(thin.gradient(x), dense.gradient(x), rtol=1e-10, atol=1e-14)
        np.testing.assert_array_equal(
            thin.predict(x, thin.data.inputs), dense.predict(x, DATA.inputs)
        )


# --- The loss -------------------------------------------------------------------------------


def test_with_zero_parameters_the_loss_is_log_k():
    loss = SoftmaxRegression(DATA)
    assert loss.value(loss.start) == pytest.approx(np.log(3), rel=1e-15)


def test_the_loss_is_the_cross_entropy_with_the_penalty():
    loss = SoftmaxRegression(DATA, l2=0.7)
    x = points(loss)
    W, b = loss.unflatten(x)
    odds = np.exp(DATA.inputs @ W + b)
    probability = odds[np.arange(len(DATA)), DATA.labels] / odds.sum(axis=1)
    expected = -np.log(probability).mean() + 0.35 * (W**2).sum()
    assert loss.value(x) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("options", [{}, {"l2": 0.1, "activation": "tanh"}, {"dropout": 0.3}])
def test_the_gradients_of_many_points_are_each_point_s_own(monkeypatch, options):
    model = MLP(digits()[0], hidden=(32,), **options)
    x = np.stack([model.initial(seed) for seed in range(7)]).reshape(7, 1, -1)
    monkeypatch.setattr(module, "SIGNALS", 3 * 32 * sum(model.widths))  # three at a time, then one
    alone = [model.minibatch(32, seed=1).oracle()(point) for point in x]
    np.testing.assert_array_equal(model.minibatch(32, seed=1).oracle()(x), np.stack(alone))


def test_a_network_without_hidden_layers_is_softmax_regression():
    network, regression = MLP(DATA, hidden=(), l2=0.2), SoftmaxRegression(DATA, l2=0.2)
    x = points(regression, 2)
    np.testing.assert_array_equal(network.value(x), regression.value(x))
    np.testing.assert_array_equal(network.gradient(x), regression.gradient(x))


def test_the_regularised_optimum_is_that_of_scikit_learn():
    train, _ = digits().train.split(test=1037)
    l2 = 0.1
    # scikit-learn: C times the sum of losses plus half the squared weights; so C = 1 / (n l2).
    other = LogisticRegression(C=1 / (len(train) * l2), tol=1e-8, max_iter=10_000)
    other.fit(train.inputs, train.labels)
    loss = SoftmaxRegression(train, l2=l2)
    theirs = np.concatenate([other.coef_.T.ravel(), other.intercept_])
    # The loss is convex, so a point where it is flat is its minimum.
    assert np.abs(loss.gradient(theirs)).max() < 1e-7
    np.testing.assert_array_equal(loss.predict(theirs, train.inputs), other.predict(train.inputs))


@pytest.mark.parametrize("model", CLASSIFIERS, ids=str)
@pytest.mark.filterwarnings("error")
def test_huge_biases_give_a_finite_gradient_without_a_warning(model):
    for scale in (1e3, 1e155, 1e306, 1e308):
        x = np.zeros(dimension(model))
        model.layers(x)[-1].b[0] = scale  # so that class 0 takes all
        assert model.value(x) > scale / 4
        assert np.isfinite(model.gradient(x)).all()


@pytest.mark.filterwarnings("error")
def test_overflowing_outputs_give_a_finite_gradient():
    loss = SoftmaxRegression(Dataset([[10.0, 10.0]], [0], classes=3))
    x = np.zeros(loss.dimension)
    loss.unflatten(x).W[:, 1:] = 1e308  # two infinite outputs, and the label is neither
    assert loss.value(x) > 1e307
    assert np.isfinite(loss.gradient(x)).all()
    assert loss.predict(x, loss.data.inputs) == [1]


def test_the_views_of_the_parameters_share_their_memory():
    for model in MODELS:
        x = np.zeros((2, dimension(model)))
        seen = model.layers(x)
        for W, b in seen:
            W += 1
            b += 1
        assert (x == 1).all()
        assert [W.shape[-1] for W, _ in seen] == list(model.widths[1:])
    W, b = SoftmaxRegression(DATA).unflatten(np.arange(15.0))
    np.testing.assert_array_equal(W, np.arange(12.0).reshape(4, 3))
    np.testing.assert_array_equal(b, [12, 13, 14])


def test_chunks_give_the_same_loss_and_classes(monkeypatch):
    for model in MODELS:
        x = points(model)
        whole = model.value(x), model.predict(x, model.data.inputs)
        monkeypatch.setattr(module, "CHUNK", 3)
        assert model.value(x) == pytest.approx(float(whole[0]), rel=1e-13)
        np.testing.assert_allclose(model.predict(x, model.data.inputs), whole[1], rtol=1e-13)
        monkeypatch.undo()


def test_the_error_is_the_part_misclassified():
    loss = SoftmaxRegression(DATA)
    x = np.zeros((2, loss.dimension))
    loss.unflatten(x).b[0, 0] = 1  # all in class 0, as 3 of the 7 are
    loss.unflatten(x).b[1, 2] = 1  # all in class 2, as 2 of the 7 are
    np.testing.assert_array_equal(loss.predict(x, DATA.inputs), [[0] * 7, [2] * 7])
    np.testing.assert_allclose(loss.error(x, DATA), [4 / 7, 5 / 7])
    assert loss.error(x[0], DATA).shape == ()


def test_probabilities_are_those_of_scikit_learn_and_of_the_formula():
    train, test = digits().train.split(test=1037)
    l2 = 0.01
    other = LogisticRegression(C=1 / (len(train) * l2), tol=1e-8, max_iter=10_000)
    other.fit(train.inputs, train.labels)
    theirs = np.concatenate([other.coef_.T.ravel(), other.intercept_])
    model = SoftmaxRegression(train, l2=l2)
    P = model.probabilities(theirs, test.inputs)
    np.testing.assert_allclose(P, other.predict_proba(test.inputs), rtol=1e-9, atol=1e-14)
    assert model.accuracy(theirs, test) == pytest.approx(other.score(test.inputs, test.labels))


@pytest.mark.parametrize("model", CLASSIFIERS, ids=str)
def test_the_loss_is_that_of_the_probabilities(model):
    x = points(model, 2, 3)
    P = model.probabilities(x, model.data.inputs)
    assert P.shape == (2, 3, 7, 3)
    np.testing.assert_allclose(P.sum(axis=-1), 1, rtol=1e-14)
    np.testing.assert_array_equal(P.argmax(axis=-1), model.predict(x, model.data.inputs))
    penalty = model.l2 / 2 * sum((W**2).sum(axis=(-1, -2)) for W, _ in model.layers(x))
    expected = -np.log(P[..., np.arange(7), model.data.labels]).mean(axis=-1) + penalty
    np.testing.assert_allclose(model.value(x), expected, rtol=1e-12)
    np.testing.assert_array_equal(model.accuracy(x, model.data), 1 - model.error(x, model.data))
    for i in np.ndindex(2, 3):
        np.testing.assert_array_equal(P[i], model.probabilities(x[i], model.data.inputs))


# --- Least squares --------------------------------------------------------------------------


def many_numbers(n=200, p=5, seed=0):
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, p)) @ np.diag([1, 0.5, 2, 1, 1]) + 1
    return RegressionData(inputs, inputs @ np.arange(5.0) + 3 + rng.normal(size=n))


def test_the_least_squares_are_those_of_the_normal_equations():
    data = many_numbers()
    model = LeastSquares(data)
    # The column of ones is the bias, which stands last.
    with_ones = np.column_stack([data.inputs, np.ones(len(data))])
    best, squares, *_ = np.linalg.lstsq(with_ones, data.targets)
    assert np.abs(model.gradient(best)).max() < 1e-12
    assert model.value(best) == pytest.approx(squares[0] / (2 * len(data)), rel=1e-12)
    assert model.error(best, data) == pytest.approx(np.sqrt(squares[0] / len(data)), rel=1e-12)
    np.testing.assert_allclose(model.predict(best, data.inputs), with_ones @ best, rtol=1e-12)
    W, b = model.unflatten(best)
    np.testing.assert_array_equal([*W[:, 0], *b], best)
    curvature = np.linalg.eigvalsh(with_ones.T @ with_ones / len(data))[-1]
    trace = minimize(model, Momentum(lr=1 / curvature, momentum=0.9), steps=2000)
    np.testing.assert_allclose(trace.final, best, rtol=1e-9)


@pytest.mark.parametrize("l2", [0.01, 1.0])
def test_the_penalised_least_squares_are_ridge_regression(l2):
    data = many_numbers()
    other = Ridge(alpha=len(data) * l2, tol=1e-12).fit(data.inputs, data.targets)
    model = LeastSquares(data, l2=l2)
    theirs = np.array([*other.coef_, other.intercept_])
    assert np.abs(model.gradient(theirs)).max() < 1e-10
    trace = minimize(model, Momentum(lr=0.1, momentum=0.9), steps=2000)
    np.testing.assert_allclose(trace.final, theirs, rtol=1e-8)


def test_least_squares_learn_from_minibatches():
    data = many_numbers(400)
    model = LeastSquares(data)
    batches = model.minibatch(20)
    trace = minimize(batches, Adam(lr=0.05), steps=40 * batches.steps_per_epoch, record=())
    assert model.error(trace.final, data) < 1.1  # the noise has 1
    assert data.targets.std() > 4


@pytest.mark.filterwarnings("error")
def test_the_residual_error_of_a_run_that_diverged_is_no_number():
    model = LeastSquares(NUMBERS)
    x = np.zeros((3, model.dimension))
    x[1, 0], x[2, 0] = np.nan, 1e300
    zero, nan, huge = model.error(x, NUMBERS)
    assert zero == pytest.approx(np.sqrt((NUMBERS.targets**2).mean()))
    assert np.isnan(nan)
    assert huge == np.inf
    assert minimize(model, SGD(lr=100.0), steps=500).diverged


# --- Where a network starts -----------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_initial_weights_have_the_variance_of_he_or_glorot(activation):
    loss = MLP(small_data(p=300), hidden=(200, 250), activation=activation)
    for W, b in loss.layers(loss.initial(1))[:-1]:
        fan_in, fan_out = W.shape
        variance = 2 / fan_in if activation == "relu" else 2 / (fan_in + fan_out)
        assert W.var() == pytest.approx(variance, rel=0.03)
        assert abs(W.mean()) < 5 * np.sqrt(variance / W.size)
        assert not b.any()


def test_the_start_is_the_initial_point_of_seed_0():
    loss = MLP(DATA)
    np.testing.assert_array_equal(loss.start, loss.initial(0))
    assert not np.array_equal(loss.initial(0), loss.initial(1))
    np.testing.assert_array_equal(loss.minibatch(2).start, loss.start)


# --- Minibatches ----------------------------------------------------------------------------


@given(size=st.integers(1, 7), seed=st.integers(0, 1000), epochs=st.integers(1, 3))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_the_batches_of_an_epoch_make_the_full_gradient(size, seed, epochs):
    loss = SoftmaxRegression(DATA, l2=0.1)
    x = points(loss)
    batches = loss.minibatch(size, seed)
    per_epoch = batches.steps_per_epoch
    answers = draws(batches, x, epochs * per_epoch).reshape(epochs, per_epoch, -1)
    sizes = np.full(per_epoch, size)
    sizes[-1] = 7 - size * (per_epoch - 1)
    mean = (sizes[:, None] * answers).sum(axis=1) / 7
    for one in mean:
        np.testing.assert_allclose(one, loss.gradient(x), rtol=1e-12, atol=1e-15)


def test_each_epoch_has_a_new_order():
    loss = SoftmaxRegression(DATA)
    first, second = draws(loss.minibatch(1), points(loss), 14).reshape(2, 7, -1)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.sort(first, axis=0), np.sort(second, axis=0))


def test_draws_with_replacement_have_their_mean_and_variance():
    loss = SoftmaxRegression(DATA)
    x = points(loss)
    variance = loss.per_example_gradients(x).var(axis=0).sum()
    for size in (1, 4):
        answers = draws(loss.minibatch(size, replace=True), x, 4000)
        np.testing.assert_allclose(
            answers.mean(axis=0), loss.gradient(x), atol=5 * np.sqrt(variance / (4000 * size))
        )
        assert answers.var(axis=0).sum() == pytest.approx(variance / size, rel=0.1)


def test_with_replacement_an_example_may_come_twice_first():
    loss = SoftmaxRegression(DATA)
    answers = draws(loss.minibatch(1, replace=True), points(loss), 7)
    assert len(np.unique(answers, axis=0)) < 7


@pytest.mark.parametrize("model", [MLP(DATA, dropout=0.5), SoftmaxRegression(DATA, dropout=0.5)])
@pytest.mark.parametrize("replace", [False, True])
def test_draws_depend_on_the_seed_alone(model, replace):
    x = points(model)
    batches = model.minibatch(2, seed=3, replace=replace)
    expected = draws(batches, x, 10)
    np.testing.assert_array_equal(draws(batches, x, 10), expected)
    np.testing.assert_array_equal(draws(model.minibatch(2, 3, replace), x, 10), expected)
    assert not np.array_equal(draws(model.minibatch(2, 4, replace), x, 10), expected)


def test_two_oracles_in_use_at_once_do_not_disturb_each_other():
    batches = SoftmaxRegression(DATA).minibatch(2)
    x = points(batches)
    one, other = batches.oracle(), batches.oracle()
    for expected in draws(batches, x, 9):
        np.testing.assert_array_equal(one(x), expected)
        np.testing.assert_array_equal(other(x), expected)


def test_value_and_gradient_of_minibatches_use_all_examples():
    model = MLP(DATA, dropout=0.5)
    x = points(model, 2)
    np.testing.assert_array_equal(model.minibatch(2).value(x), model.value(x))
    np.testing.assert_array_equal(model.minibatch(2).gradient(x), model.gradient(x))
    np.testing.assert_array_equal(model.oracle()(x), model.gradient(x))


# --- Batches of runs ------------------------------------------------------------------------


@pytest.mark.parametrize("problem", PROBLEMS, ids=str)
def test_a_batch_of_points_equals_its_single_points_bit_for_bit(problem):
    x = points(problem, 2, 3)
    shown = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, -1, 0)), 0, -1)  # as the loop has it
    for batch in (x, shown):
        f, g, noisy = problem.value(batch), problem.gradient(batch), problem.oracle()(batch)
        for i in np.ndindex(2, 3):
            np.testing.assert_array_equal(f[i], problem.value(x[i]))
            np.testing.assert_array_equal(g[i], problem.gradient(x[i]))
            np.testing.assert_array_equal(noisy[i], problem.oracle()(x[i]))


@pytest.mark.parametrize("hidden", [(), (16,)])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_batch_of_runs_on_the_digits_equals_single_runs(hidden, dropout):
    model = MLP if hidden else SoftmaxRegression
    layers = {"hidden": hidden} if hidden else {}
    loss = model(digits().train, dropout=dropout, **layers).minibatch(32, seed=1)
    rates = [0.01, 0.1, 1.0]
    together = minimize(loss, SGD(lr=rates), steps=12, record=("f",), every=6)
    for i, lr in enumerate(rates):
        alone = minimize(loss, SGD(lr=lr), steps=12, record=("f",), every=6)
        np.testing.assert_array_equal(together.final[i], alone.final)
        np.testing.assert_array_equal(together.f[:, i], alone.f)


# --- Dropout --------------------------------------------------------------------------------


def test_dropout_of_inputs_drops_its_part_and_keeps_the_mean():
    # One example, so that the gradient's column of a class is the inputs times a number.
    data = Dataset(np.ones((1, 4000)), [0], classes=2)
    for kind in (data, as_sparse(data)):
        loss = SoftmaxRegression(kind, dropout=0.25)
        g = loss.minibatch(1).oracle()(np.zeros(loss.dimension))
        W = loss.unflatten(g).W[:, 1] / 0.5  # P - Y is 1/2 at the start
        assert set(np.round(W, 12)) == {0, round(4 / 3, 12)}
        assert (W == 0).mean() == pytest.approx(0.25, abs=0.03)
        assert W.mean() == pytest.approx(1, abs=0.03)


def test_dropout_of_hidden_values_is_right_on_average():
    # With small last weights the loss is linear in the hidden values, but for one part in 1000.
    loss = MLP(DATA, hidden=(6,), activation="tanh", dropout=0.25)
    x = points(loss)
    loss.layers(x)[-1].W[...] *= 1e-3
    answers = draws(loss.minibatch(len(DATA)), x, 4000)
    error = answers.std(axis=0) / np.sqrt(len(answers))
    off = np.abs(answers.mean(axis=0) - loss.gradient(x))
    weights = loss.dimension - 3  # the last biases come by no dropped value
    assert (error[:weights] > 0).all()
    assert (off <= 5 * error + 1e-5).all()


def test_what_dropout_drops_is_dropped_on_the_way_back_too():
    loss = MLP(small_data(n=1), hidden=(8,), activation="tanh", dropout=0.5)
    x = points(loss)
    (W1, b1), (W2, _) = loss.layers(x)
    slope = loss.layers(loss.minibatch(1).oracle()(x))
    h = np.tanh(loss.data.inputs @ W1 + b1)[0]
    delta = slope[1].b
    factor = slope[1].W[:, 0] / delta[0] / h  # the mask, as the way forward had it
    assert set(np.round(factor, 12)) == {0, 2}
    np.testing.assert_allclose(slope[0].b, (W2 @ delta) * (1 - h**2) * factor, rtol=1e-12)


def test_dropout_does_not_change_which_examples_are_seen():
    data = small_data(n=7, k=7)  # each example a class of its own
    with_it, without = (MLP(data, dropout=rate).minibatch(2, seed=5) for rate in (0.5, 0.0))
    x = np.zeros(dimension(with_it))  # only the last biases have a slope: it tells the labels
    np.testing.assert_array_equal(draws(with_it, x, 8), draws(without, x, 8))


def test_all_the_data_are_read_only_when_f_is_recorded(monkeypatch):
    looked = []
    loss = SoftmaxRegression._loss
    monkeypatch.setattr(SoftmaxRegression, "_loss", lambda *a: looked.append(1) or loss(*a))
    model = SoftmaxRegression(small_data(n=12, k=3))
    batches = model.minibatch(4)
    plain = minimize(batches, SGD(lr=0.1), steps=30)
    assert len(looked) == 2, "at the start and at the end"
    assert not hasattr(plain, "f")
    each_epoch = minimize(batches, SGD(lr=0.1), steps=30, record="f", every=batches.steps_per_epoch)
    assert each_epoch.f.shape == (11,)
    assert minimize(model, SGD(lr=0.1), steps=3).f.shape == (4,), "with all the data it costs less"


# --- Learning -------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "lr"), [(SoftmaxRegression, 0.5), (MLP, 0.1)])
def test_a_few_epochs_learn_the_digits(make, lr):
    train, test = digits()
    batches = make(train).minibatch(32)
    trace = minimize(batches, SGD(lr=lr), steps=5 * batches.steps_per_epoch, record=())
    assert batches.model.error(trace.final, test) < 0.1
    assert not trace.diverged


def test_a_few_epochs_learn_the_documents_with_dropout():
    train, test = bag_of_words(n=1500, vocabulary=200, telling=40).split(test=500)
    batches = SoftmaxRegression(train, dropout=0.5).minibatch(32)
    trace = minimize(batches, Adam(lr=0.01), steps=10 * batches.steps_per_epoch, record=())
    assert batches.model.error(trace.final, test) < 0.3


def test_nothing_that_is_handed_in_is_changed():
    for data in (DATA, as_sparse(DATA)):
        before = np.array(data.inputs.data), data.labels.copy()
        for make in (SoftmaxRegression, MLP):
            loss = make(data, l2=0.1, dropout=0.5)
            x = points(loss, 2)
            kept = x.copy()
            loss.value(x)
            loss.gradient(x)
            loss.predict(x, data.inputs)
            draws(loss.minibatch(3), x, 5)
            draws(loss.minibatch(7), x, 5)
            np.testing.assert_array_equal(x, kept)
        np.testing.assert_array_equal(data.inputs.data, before[0])
        np.testing.assert_array_equal(data.labels, before[1])


# --- What is refused ------------------------------------------------------------------------

LOSS, SQUARES = SoftmaxRegression(DATA), LeastSquares(NUMBERS)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: SoftmaxRegression(DATA.inputs), TypeError, "data must be a Dataset, got"),
        (lambda: SoftmaxRegression(DATA, l2=-1), ValueError, "l2 must be .* got -1"),
        (lambda: SoftmaxRegression(DATA, dropout=1), ValueError, "dropout must be below 1"),
        (lambda: SoftmaxRegression(NUMBERS), TypeError, "data must be a Dataset, got Regression"),
        (lambda: LeastSquares(DATA), TypeError, "data must be a RegressionData, got Dataset"),
        (lambda: LeastSquares(NUMBERS, l2=-1), ValueError, "l2 must be .* got -1"),
        (lambda: SQUARES.predict(SQUARES.start, [[1.0]]), ValueError, "4 columns, got 1"),
        (lambda: SQUARES.error(SQUARES.start, DATA), TypeError, "data must be a RegressionData"),
        (lambda: LOSS.probabilities(LOSS.start, [[1.0]]), ValueError, "4 columns, got 1"),
        (lambda: LOSS.accuracy(LOSS.start, NUMBERS), TypeError, "data must be a Dataset"),
        (lambda: MLP(DATA, dropout=-0.1), ValueError, r"dropout must be .* got -0\.1"),
        (lambda: MLP(DATA, activation="gelu"), ValueError, "activation must be .*relu.*'gelu'"),
        (lambda: MLP(DATA, activation=["relu"]), ValueError, r"activation .* got \['relu'\]"),
        (lambda: MLP(DATA, hidden=64), TypeError, "hidden must be a tuple .* got 64"),
        (lambda: MLP(DATA, hidden=(64, 0)), ValueError, "width in hidden must be at least 1"),
        (lambda: MLP(DATA, hidden=(2.5,)), TypeError, "width in hidden must be a whole number"),
        (lambda: MLP(DATA).initial(-1), ValueError, "seed must be at least 0, got -1"),
        (lambda: LOSS.minibatch(0), ValueError, "size must be at least 1, got 0"),
        (lambda: LOSS.minibatch(8), ValueError, "size must be at most the 7 examples, got 8"),
        (lambda: LOSS.minibatch(2.0), TypeError, "size must be a whole number, got 2.0"),
        (lambda: LOSS.minibatch(2, seed=None), TypeError, "seed must be a whole number"),
        (lambda: LOSS.minibatch(2, replace=1), TypeError, "replace must be True or False, got 1"),
        (lambda: Minibatch(DATA, 2), TypeError, "model must be a model such as"),
        (lambda: LOSS.value(np.zeros(14)), ValueError, r"x must have shape \(\.\.\., 15\)"),
        (lambda: LOSS.gradient(np.float64(1)), ValueError, r"x must have shape .* got \(\)"),
        (lambda: LOSS.unflatten(np.zeros(16)), ValueError, r"SoftmaxRegression, got \(16,\)"),
        (lambda: LOSS.gradient_on([], LOSS.start), ValueError, r"indices .* got \(0,\)"),
        (lambda: LOSS.gradient_on([7], LOSS.start), ValueError, "0, ..., 6, got 7"),
        (lambda: LOSS.gradient_on([-1], LOSS.start), ValueError, "0, ..., 6, got -1"),
        (lambda: LOSS.gradient_on([0.5], LOSS.start), TypeError, "indices must be whole numbers"),
        (lambda: LOSS.predict(LOSS.start, np.zeros((2, 5))), ValueError, "4 columns, got 5"),
        (lambda: LOSS.predict(LOSS.start, [[np.nan] * 4]), ValueError, "inputs must be finite"),
        (lambda: LOSS.error(LOSS.start, DATA.inputs), TypeError, "data must be a Dataset"),
    ],
)
def test_bad_arguments_are_named_with_their_value(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_dropout_without_a_hidden_layer_is_refused():
    with pytest.raises(ValueError, match="dropout must be 0 without hidden layers, got 0.3"):
        MLP(digits().train, hidden=(), dropout=0.3)


def test_the_error_of_a_run_that_diverged_is_no_number():
    loss = SoftmaxRegression(digits().train)
    points = np.zeros((2, loss.dimension))
    points[1, 7] = np.nan
    error = loss.error(points, digits().test)
    assert 0 < error[0] < 1
    assert np.isnan(error[1])
    assert np.isnan(loss.accuracy(points, digits().test)).tolist() == [False, True]
    P = loss.probabilities(points, digits().test.inputs[:3])
    np.testing.assert_array_equal(P, [np.full((3, 10), 0.1), np.full((3, 10), np.nan)])
