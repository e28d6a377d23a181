"""The choices that parameters offer by name: types for signatures and command lines, ``typing.get_args`` for checks."""

from typing import Literal

Precision = Literal["float64", "float32"]

CovarianceType = Literal["full", "tied", "diag", "spherical"]
ClassCovarianceType = Literal["tied_diag", "diag", "spherical", "tied", "full", "tied_low_rank"]
InitParams = Literal["kmeans", "k-means++", "random", "random_from_data"]
Degenerate = Literal["keep", "remove", "restart"]
Criterion = Literal["bic", "aic", "icl", "sabic", "caic", "held_out"]
ErrorMethod = Literal["observed", "robust", "bootstrap", "parametric"]
Correction = Literal["bch", "ml", "none"]
Assignment = Literal["modal", "soft"]
Rotation = Literal["varimax", "quartimax", "promax", "oblimin"]

Visible = Literal["bernoulli", "gaussian", "categorical"]
Sampler = Literal["pcd", "cd", "tempering"]
IsingMethod = Literal["cut", "icm", "gibbs", "mean_field", "bp"]

Net = Literal["mlp", "convnet", "resnet"]
Activation = Literal["relu", "sigmoid", "tanh", "identity"]
Optimizer = Literal["adam", "sgd"]
AutoencoderVisible = Literal["auto", "bernoulli", "gaussian"]

NetworkStructure = Literal["hill-climbing", "chow-liu"]
ClassifierStructure = Literal["tree-augmented", "naive"]
StructureCriterion = Literal["bic", "aic", "bdeu", "log-likelihood"]
TablePrior = Literal["bdeu", "cell"]
Inference = Literal["exact", "likelihood-weighting", "loopy"]
