"""The operational delay: how long a patch waits beyond what rules and windows ask.

Over all nodes the delay D of a patch follows one published curve, a Weibull law with proportional hazards:

    S(t) = P(D > t) = exp(-m * (t / SCALE_DAYS)^SHAPE),   m = environment multiplier * severity multiplier

Services differ in discipline, in CLASSES equal classes. A service of class i draws each delay as S^-1(U),
U being the i-th smallest of CLASSES uniform numbers, so

    P(D > t | class i) = P(U < S(t)) = sum over j >= i of C(n, j) S^j (1 - S)^(n - j),   n = CLASSES

and the mean over the classes is S(t) itself: the classes spread the published curve, they do not change it.
Class CLASSES is the quickest (S^n: n times the hazard), class 1 the slowest.
"""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt

from patchlib.sandbox.world.draws import Draws, Keys

__all__ = [
    "CLASSES",
    "ENVIRONMENT_HAZARD",
    "SCALE_DAYS",
    "SEVERITY_HAZARD",
    "SHAPE",
    "delay_survival",
    "draw_delays",
]

Table = npt.NDArray[np.float64]

# Weibull through S(90) = .50 and S(365) = .18, the curve of Kenna Security and Cyentia, "Prioritization to
# Prediction" volume 2 (2019): shape = ln(ln .18 / ln .5) / ln(365 / 90).
SHAPE = 0.646966
SCALE_DAYS = 158.59
# Invented: how much faster than the published curve, as proportional hazards. The baseline stratum is
# production x Important.
ENVIRONMENT_HAZARD = {"production": 1.0, "staging": 1.3, "development": 1.6, "shared": 0.8}
SEVERITY_HAZARD = {"Critical": 1.5, "Important": 1.0, "Moderate": 0.8, "Low": 0.65, "Unspecified": 0.65}
# Invented: how far services differ.
CLASSES = 8


def delay_survival(days: Table | float, hazard: Table | float = 1.0, discipline: int | None = None) -> Table:
    """P(D > days) at a hazard multiplier, of one class (1 .. CLASSES) or of all; 1 for days <= 0."""
    waited = np.maximum(days, 0.0) / SCALE_DAYS
    overall = np.asarray(np.exp(-hazard * waited**SHAPE), dtype=np.float64)
    if discipline is None:
        return overall
    terms = (comb(CLASSES, j) * overall**j * (1.0 - overall) ** (CLASSES - j) for j in range(discipline, CLASSES + 1))
    return np.asarray(sum(terms), dtype=np.float64)


def draw_delays(draws: Draws, nodes: Keys, patches: Keys, hazard: Table, disciplines: npt.NDArray[np.int64]) -> Table:
    """D in days of every (node, patch); `hazard` by patch, `disciplines` (1 .. CLASSES) by node."""
    uniforms = np.stack([draws.uniforms(f"delay {number}", nodes, patches) for number in range(CLASSES)])
    uniforms.sort(axis=0)
    chosen = np.take_along_axis(uniforms, (disciplines - 1)[None, :, None], axis=0)[0]
    return np.asarray(SCALE_DAYS * (-np.log(chosen) / hazard[None, :]) ** (1.0 / SHAPE))
