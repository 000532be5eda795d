# SPDX-License-Identifier: Apache-2.0
"""What a row of a comparison is to reach, and whether it does."""

import dataclasses

YES, NO, UNKNOWN = "yes", "no", "–"
SIGNS = {"at most": "≤", "at least": "≥", "below": "<"}


@dataclasses.dataclass(frozen=True)
class Goal:
    """One bound: on the row's value, on its ratio to the limit, the peer or another system, or on that to another row."""

    of: str  # "value", "limit", "peer", another system, or the name of another row.
    sign: str  # One of SIGNS.
    bound: float

    def text(self, unit):
        """As the table says it; the value's `unit` is the row's."""
        sign, bound = SIGNS[self.sign], f"{self.bound:,.3g}" if self.bound < 1000 else f"{self.bound:,.0f}"
        if self.of == "value":
            return f"{sign} {bound} {unit}"
        return f"{sign} {bound}× {self.of}"

    def met(self, measured, all_measured):
        """YES or NO, or UNKNOWN while a number is missing. `measured` is the row as values, and so is each of
        `all_measured`, by name."""
        actual = self._actual(measured, all_measured)
        if actual is None:
            return UNKNOWN
        if self.sign == "at least":
            return YES if actual >= self.bound else NO
        return YES if actual < self.bound or (self.sign == "at most" and actual == self.bound) else NO

    def _actual(self, measured, all_measured):
        if self.of == "value":
            return measured["ours"]
        if f"ratio_to_{self.of}" in measured:
            return measured[f"ratio_to_{self.of}"]
        other = all_measured.get(self.of, {}).get("ours")
        return None if measured["ours"] is None or not other else measured["ours"] / other


def at_most(bound, of="value"):
    return Goal(of, "at most", bound)


def at_least(bound, of="value"):
    return Goal(of, "at least", bound)


def below(bound, of="value"):
    return Goal(of, "below", bound)
