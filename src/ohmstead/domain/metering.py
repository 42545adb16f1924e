"""Sampled values to readings in base units, and readings to the two numbers we live on: the register and the power.

A station may name a value by its measurand or leave the name out (then it is the energy register in Wh), scale it by a
unit or by a power of ten, split it over phases, and measure it at several places at once. Here all of that ends: a
`Reading` carries one number in the base unit of its measurand.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

from msgspec import Struct

ENERGY = "Energy.Active.Import.Register"
"""The default measurand (OCPP 1.6 7.31, 2.x SampledValueType): what billing counts."""
POWER = "Power.Active.Import"
GIVEN = "Power.Active.Export"
EXPORT = "Energy.Active.Export.Register"
"""What a car gave back."""
FOLDED = frozenset({ENERGY, POWER, EXPORT, GIVEN})
"""What `measured` looks at: who reads for it can leave all else unread."""

BEGIN = "Transaction.Begin"
END = "Transaction.End"
PERIODIC = "Sample.Periodic"
OUTLET = "Outlet"

HIGHEST = 1e15
"""A number above this is no measurement of ours: 1 PWh, and 0.001 of it is still exact in a float."""

# unit as written -> (base unit, factor to it)
_UNITS: dict[str, tuple[str, float]] = {
    "Wh": ("Wh", 1.0),
    "kWh": ("Wh", 1e3),
    "MWh": ("Wh", 1e6),
    "W": ("W", 1.0),
    "kW": ("W", 1e3),
    "MW": ("W", 1e6),
    "varh": ("varh", 1.0),
    "kvarh": ("varh", 1e3),
    "var": ("var", 1.0),
    "kvar": ("var", 1e3),
    "VAh": ("VAh", 1.0),
    "kVAh": ("VAh", 1e3),
    "VA": ("VA", 1.0),
    "kVA": ("VA", 1e3),
    "A": ("A", 1.0),
    "mA": ("A", 1e-3),
    "V": ("V", 1.0),
    "mV": ("V", 1e-3),
    "kV": ("V", 1e3),
    "Hz": ("Hz", 1.0),
    "Hertz": ("Hz", 1.0),
    "mHz": ("Hz", 1e-3),
    "Percent": ("Percent", 1.0),
    "%": ("Percent", 1.0),
    "Celsius": ("Celsius", 1.0),
    "Celcius": ("Celsius", 1.0),  # OCPP 1.6 spelt it so, and its errata ask to accept both
    "C": ("Celsius", 1.0),
    "K": ("Celsius", 1.0),
    "Fahrenheit": ("Celsius", 5 / 9),
}
_ANY_CASE = {name.lower(): scale for name, scale in _UNITS.items() if name not in ("MWh", "MW", "mHz", "mA", "mV")}
# What must be added, in the unit as written, before the factor.
_OFFSETS = {"k": -273.15, "fahrenheit": -32.0}

# The base unit of a measurand, by the beginning of its name; the first that fits counts.
_BASES: tuple[tuple[str, str], ...] = (
    ("Energy.Active", "Wh"),
    ("EnergyRequest", "Wh"),
    ("Energy.Reactive", "varh"),
    ("Energy.Apparent", "VAh"),
    ("Power.Factor", ""),
    ("Power.Reactive", "var"),
    ("Power.", "W"),
    ("Current.", "A"),
    ("Voltage", "V"),
    ("Frequency", "Hz"),
    ("Temperature", "Celsius"),
    ("SoC", "Percent"),
    ("Display.", ""),
    ("RPM", "RPM"),
)


class Reading(Struct, frozen=True, gc=False):
    """One measured number in the base unit of its measurand (Wh, W, varh, var, A, V, Hz, Percent, Celsius ...)."""

    at: int
    value: float
    measurand: str = ENERGY
    unit: str = "Wh"
    phase: str | None = None
    context: str = PERIODIC
    location: str = OUTLET


class Register(NamedTuple):
    """The energy register of one moment and place in Wh, over all phases."""

    at: int
    wh: float
    place: int
    """How far from the driver it was measured: 0 Outlet, 1 Inlet, 2 Body."""
    context: str


class Meter(Struct, frozen=True, gc=False, array_like=True):
    """The energy register of one place (`Register.place`) at the beginning and the end of a transaction, in Wh.

    A reading with the context Transaction.Begin is the beginning wherever it arrives (Ended repeats it), else the
    earliest is; Transaction.End likewise, else the latest.
    """

    place: int
    begin_at: int
    begin_wh: float
    end_at: int
    end_wh: float
    begin_named: bool = False
    end_named: bool = False
    low: tuple[float, int] | None = None
    """The lowest register and when it was last seen, where that is not the beginning."""
    high: tuple[float, int] | None = None
    """The highest register and when it was first seen, where that is not the end."""

    @property
    def energy_wh(self) -> float:
        """From the beginning to the end; 0 where the register ran backwards."""
        return max(0.0, round(self.end_wh - self.begin_wh, 3))

    @property
    def span(self) -> int:
        """For how long this meter was read; 0 where its clock puts the end before the beginning."""
        return max(0, self.end_at - self.begin_at)

    def backwards(self) -> str | None:
        """How the register ran backwards, if it did by more than the 1 Wh that a 1.6 meterStop is rounded by."""
        if self.end_wh < self.begin_wh - 1:
            return f"the register began at {self.begin_wh} Wh and ended at {self.end_wh} Wh"
        if self.low is not None and self.low[0] < self.begin_wh - 1 and self.low[1] > self.begin_at:
            return f"the register fell from {self.begin_wh} Wh at the beginning to {self.low[0]} Wh"
        if self.high is not None and self.high[0] > self.end_wh + 1 and self.high[1] < self.end_at:
            return f"the register fell from {self.high[0]} Wh to {self.end_wh} Wh at the end"
        return None

    def beyond(self) -> str | None:
        """How the register went on after the reading that was called the end, if it did by more than 1 Wh."""
        if self.high is None or self.high[0] <= self.end_wh + 1 or self.high[1] <= self.end_at:
            return None
        return f"the register read {self.end_wh} Wh at Transaction.End and {self.high[0]} Wh after it"


@lru_cache(maxsize=256)
def base_unit(measurand: str) -> str:
    """The unit in which readings of this measurand are kept; "" where it has none or is not known to us."""
    return next((unit for start, unit in _BASES if measurand.startswith(start)), "")


def normalise(value: float, unit: str | None, multiplier: int = 0) -> tuple[float, str]:
    """`value` x 10^`multiplier` in the base unit of `unit`; an unknown unit stays as it is, none is Wh.

    A result that is no finite number comes back as nan: it never raises.
    """
    if multiplier:
        # 10^400 is no float, and a station may write any integer here
        value = value * 10.0**multiplier if -300 < multiplier < 300 else float("nan")
    if unit is None or unit == "Wh":
        return value, "Wh"
    scale = _UNITS.get(unit) or _ANY_CASE.get(unit.lower())
    if scale is None:
        return value, unit
    base, factor = scale
    if base == "Celsius":
        value += _OFFSETS.get(unit.lower(), 0.0)
    # 1.5 kWh x 1000 is exact; 22.44 x 1000 is not, and nobody measures thousandths of a thousandth
    return (value if factor == 1.0 else round(value * factor, 6)), base


def reading(
    at: int,
    value: float | str,
    measurand: str | None = None,
    unit: str | None = None,
    *,
    multiplier: int = 0,
    phase: str | None = None,
    context: str | None = None,
    location: str | None = None,
) -> Reading | None:
    """A sampled value as a `Reading`, or None where it is no number (signed data, text, NaN, beyond `HIGHEST`).

    The defaults are the specification's: no measurand is the energy register, no unit is the measurand's own, no
    context is a periodic sample, no location the outlet. A unit of another kind than the measurand's ("W" on an energy
    register) is a slip of the pen: the scale counts, the kind does not. Give no signed data here: 1.6 puts it where
    the number would be, and some of it looks like one.
    """
    measurand = measurand or ENERGY
    base = base_unit(measurand)
    try:
        number, found = normalise(float(value), unit or base, multiplier)
    except (ValueError, OverflowError):
        return None
    if not isfinite(number) or not -HIGHEST <= number <= HIGHEST:
        return None
    return Reading(at, number, measurand, base or found, phase, context or PERIODIC, location or OUTLET)


_PLACES = {"Outlet": 0, "Inlet": 1, "Body": 2}
_ELSEWHERE = 3
_PHASES = {"L1": 0, "L2": 1, "L3": 2, "L1-N": 0, "L2-N": 1, "L3-N": 2}


def measured(readings: Iterable[Reading]) -> tuple[list[Register], tuple[int, float] | None]:
    """The energy registers in `readings`, one for each moment, place and context, and the latest power as (time, W).

    Both are the whole value where there is one without phase, else the sum of L1 to L3. Power is that of the outlet
    before the inlet before the body; energy measured elsewhere (cable, EV, upstream) is something else and ignored.
    What is given back at the same moment makes the power negative.
    """
    energy, drawn, given = [], [], []
    for r in readings:
        if r.measurand == ENERGY:
            if r.location in _PLACES:
                energy.append(r)
        elif r.measurand == POWER:
            drawn.append(r)
        elif r.measurand == GIVEN:
            given.append(r)
    power = _power(drawn) if drawn else None
    return _registers(energy) if energy else [], _net(power, _power(given)) if given else power


def exported(readings: Iterable[Reading], known: tuple[float, float] | None) -> tuple[float, float] | None:
    """The lowest and the highest register of what was given back, in Wh, with those that are `known` already."""
    found = [r.value for r in readings if r.measurand == EXPORT and r.phase is None and r.location in _PLACES]
    if not found:
        return known
    found += known or ()
    return round(min(found), 3), round(max(found), 3)


def _registers(found: list[Reading]) -> list[Register]:
    if len(found) == 1 and found[0].phase is None:
        only = found[0]
        return [Register(only.at, round(only.value, 3), _PLACES[only.location], only.context)]
    moments: dict[tuple[int, int, str], list[Reading]] = {}
    for r in found:
        moments.setdefault((r.at, _PLACES[r.location], r.context), []).append(r)
    totals = ((moment, _total(group)) for moment, group in moments.items())
    return [Register(at, round(wh, 3), place, context) for (at, place, context), wh in totals if wh is not None]


def _power(found: list[Reading]) -> tuple[int, float] | None:
    if len(found) == 1 and found[0].phase is None:
        return found[0].at, found[0].value
    at = max([r.at for r in found])
    place = min([_PLACES.get(r.location, _ELSEWHERE) for r in found if r.at == at])
    value = _total([r for r in found if r.at == at and _PLACES.get(r.location, _ELSEWHERE) == place])
    return None if value is None else (at, round(value, 3))


def _net(drawn: tuple[int, float] | None, given: tuple[int, float] | None) -> tuple[int, float] | None:
    """Power into the car less what it gives back: below 0 where it does."""
    if given is None or given[1] <= 0 or (drawn is not None and drawn[0] > given[0]):
        return drawn
    into = drawn[1] if drawn is not None and drawn[0] == given[0] else 0.0
    return given[0], round(into - given[1], 3)


def _total(readings: Iterable[Reading]) -> float | None:
    """Of the readings of one moment and place: the whole, else the sum of the phases (each once)."""
    whole: float | None = None
    phases: dict[int, float] = {}
    for r in readings:
        if r.phase is None:
            # twice at the same moment: a repeat, or two meters; the order they were written in must not matter
            whole = r.value if whole is None or r.value > whole else whole
        elif (phase := _PHASES.get(r.phase)) is not None:
            phases[phase] = max(phases[phase], r.value) if phase in phases else r.value
    return sum(phases.values()) if whole is None and phases else whole


def read(meters: tuple[Meter, ...], register: Register) -> tuple[Meter, ...]:
    """The meters of a transaction, ordered by place, with one more register, in whatever order they come."""
    place = register.place
    if len(meters) == 1 and meters[0].place == place:
        return (_read(meters[0], register),)
    at, wh, _, context = register
    known = {meter.place: meter for meter in meters}
    old = known.get(place)
    known[place] = (
        Meter(place, at, wh, at, wh, context == BEGIN, context == END) if old is None else _read(old, register)
    )
    return tuple(known[place] for place in sorted(known))


def best(meters: tuple[Meter, ...]) -> Meter | None:
    """The meter to bill by: of those that saw nine tenths of what the longest saw, the one at the best place.

    Registers of two places are never mixed, they are two meters; but one that was read only once says nothing.
    """
    if len(meters) < 2:
        return meters[0] if meters else None
    longest = max(meter.span for meter in meters)
    return next(meter for meter in meters if meter.span * 10 >= longest * 9)


def _read(meter: Meter, register: Register) -> Meter:
    at, wh, place, context = register
    if context == PERIODIC and at > meter.end_at and wh > meter.end_wh and meter.high is None and not meter.end_named:
        # what nearly every event is: a bit later and a bit more (the rest of this function says the same, slower)
        return Meter(place, meter.begin_at, meter.begin_wh, at, wh, meter.begin_named, False, meter.low)
    first = min((not meter.begin_named, meter.begin_at, meter.begin_wh), (context != BEGIN, at, wh))
    last = max((meter.end_named, meter.end_at, meter.end_wh), (context == END, at, wh))
    low_wh, low_at = meter.low or (meter.begin_wh, meter.begin_at)
    low = (wh, at) if (wh, -at) < (low_wh, -low_at) else (low_wh, low_at)
    high_wh, high_at = meter.high or (meter.end_wh, meter.end_at)
    high = (wh, at) if (wh, -at) > (high_wh, -high_at) else (high_wh, high_at)
    return Meter(
        place,
        first[1],
        first[2],
        last[1],
        last[2],
        not first[0],
        last[0],
        None if low == (first[2], first[1]) else low,
        None if high == (last[2], last[1]) else high,
    )
