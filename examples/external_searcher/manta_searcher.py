# SPDX-License-Identifier: Apache-2.0
"""What a searcher in Python needs to talk to Manta; the standard library only.

serve(make) answers the lines of one experiment. make(start) returns an object with

    ask(trial, answered)   the configuration for trial number `trial`, as {name: value}; WAIT: results are needed first; END:
                           there are no more. `answered` is None, or what was answered before this process was started.
    tell(trial, config, state, value, iteration)   what became of it; see docs/guides/searchers.md.

and, if it can have several metrics or constraints on them, tell_metrics(trial, metrics): those of the last report, told
before that trial's tell.
"""
import json
import math
import sys

WAIT = object()
END = object()
ENDED_WELL = ("completed", "stopped")


def serve(make):
    """Reads messages until standard input ends."""
    searcher = None
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "start":
            try:
                searcher = make(message)
                answer = {"ready": True}
            except ValueError as error:
                answer = {"error": str(error)}
        elif message["type"] == "ask":
            config = searcher.ask(message["trial"], message.get("config"))
            answer = {"wait": True} if config is WAIT else {"end": True} if config is END else {"config": config}
        else:
            if "metrics" in message and hasattr(searcher, "tell_metrics"):
                searcher.tell_metrics(message["trial"], message["metrics"])
            searcher.tell(message["trial"], message["config"], message["state"], message["value"], message["iteration"])
            continue
        print(json.dumps(answer), flush=True)


def loss_of(start, value):
    """`value` as something to minimise, or None where there is none."""
    if value is None:
        return None
    return -value if start["objective"]["mode"] == "max" else value


def values_of(parameter):
    """The listed values of a parameter, or None: it is a number in a range."""
    for kind in ("choice", "ordinal", "grid"):
        if kind in parameter:
            return parameter[kind]
    return None


def draw(parameter, random):
    """A value as Manta's random search draws it."""
    if values_of(parameter):
        return random.choice(values_of(parameter))
    if "normal" in parameter:
        return random.gauss(*parameter["normal"])
    low, high = parameter.get("float") or parameter["int"]
    if "int" in parameter:
        if parameter.get("log"):
            return within(parameter, math.exp(random.uniform(math.log(low - 0.5), math.log(high + 0.5))))
        return within(parameter, random.uniform(low - 0.5, high + 0.5))
    if parameter.get("log"):
        return within(parameter, math.exp(random.uniform(math.log(low), math.log(high))))
    return within(parameter, random.uniform(low, high))


def within(parameter, number):
    """The value of a numeric parameter that is nearest to `number`."""
    low, high = parameter.get("float") or parameter["int"]
    step = parameter.get("step", 1 if "int" in parameter else None)
    if step is None:
        return min(max(number, low), high)
    place = min(max(round((number - low) / step), 0), round((high - low) / step))
    return min(low + place * step, high)
