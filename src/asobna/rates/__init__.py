"""standings → rates: shares and balances with intervals, thin figures hidden.

`tabulate` measures every cell; `estimators` holds the formulae, `measures` what is counted,
`suppression` what may not be printed, `coded` the use of a coded sample, `standardise` before and
after, `series` interrupted series.
"""

from asobna.rates.tabulate import Design, measure_rates

__all__ = ["Design", "measure_rates"]
