"""The losses of small models on data, as problems whose gradient may come from a minibatch."""

from minioptim.losses.classifiers import MLP, Classifier, Layer, Minibatch, SoftmaxRegression

__all__ = ["MLP", "Classifier", "Layer", "Minibatch", "SoftmaxRegression"]
