"""Suffice: fit, inspect and check probabilistic, energy-based and small neural models.

Modules and loops are in ``suffice.latent``, ``suffice.energy``, ``suffice.nets`` and ``suffice.fit``, readers in
``suffice.data``, pictures in ``suffice.plot``. Names below are imported when they are first used.
"""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.energy.grid.ising import IsingDenoiser
    from suffice.energy.grid.potts import PottsDenoiser
    from suffice.estimators.bayesian.classifier import BayesianNetworkClassifier
    from suffice.estimators.bayesian.network import BayesianNetwork
    from suffice.estimators.classifiers.gaussian import GaussianClassifier
    from suffice.estimators.classifiers.mixtures import MixtureClassifier
    from suffice.estimators.classifiers.multinomial import MultinomialNaiveBayes
    from suffice.estimators.classifiers.naive_bayes import NaiveBayes
    from suffice.estimators.factors.factor_analysis import FactorAnalysis
    from suffice.estimators.factors.ppca import PPCA
    from suffice.estimators.mixtures.bernoulli import BernoulliMixture
    from suffice.estimators.mixtures.categorical import CategoricalMixture
    from suffice.estimators.mixtures.distal_outcome import DistalOutcome, distal_outcome
    from suffice.estimators.mixtures.exponential import ExponentialMixture
    from suffice.estimators.mixtures.gaussian import GaussianMixture
    from suffice.estimators.mixtures.membership_regression import MembershipRegression, membership_regression
    from suffice.estimators.mixtures.mixed import MixedMixture
    from suffice.estimators.mixtures.negative_binomial import NegativeBinomialMixture
    from suffice.estimators.mixtures.of_ppca import MixtureOfPPCA
    from suffice.estimators.mixtures.poisson import PoissonMixture
    from suffice.estimators.networks.autoencoder import Autoencoder
    from suffice.estimators.networks.classifier import NeuralClassifier
    from suffice.estimators.networks.denoising_autoencoder import DenoisingAutoencoder
    from suffice.estimators.rbm.classifier import RBMClassifier
    from suffice.estimators.rbm.rbm import RBM
    from suffice.estimators.rbm.stack import RBMStack
    from suffice.files import FileError, load, save
    from suffice.outcome import (
        DegenerateComponentWarning,
        HeldParameterWarning,
        Outcome,
        SaturatedUnitWarning,
        Solution,
    )
    from suffice.report.page import write_report
    from suffice.rows.total import total
    from suffice.runtime.version import __version__
    from suffice.selection import BootstrapTest, Selection, bootstrap_test, select
    from suffice.uncertainty.parallel import ParallelAnalysis, parallel_analysis
    from suffice.uncertainty.pooling import Pooled, pool

export_lazily(__name__)
