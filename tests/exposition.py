# SPDX-License-Identifier: Apache-2.0
"""A strict reader of the text format of Prometheus, version 0.0.4: what it lets pass every scraper reads."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'(?P<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?P<value>(?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"(?P<name>{NAME})(?:\{{(?P<labels>[^\n]*)\}})? (?P<number>[0-9]+(?:\.[0-9]+)?)")
TYPES = {"counter", "gauge"}  # that we use, and what their samples must obey
UNESCAPED = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


class Family:
    """One metric: samples maps its sorted labels, as pairs, to a number."""

    def __init__(self, name, text):
        self.name, self.help = name, text
        self.type = None
        self.samples = {}

    def add(self, name, labels, number):
        assert name == self.name, f"a sample of {name} among those of {self.name}"
        assert self.type in TYPES, f"{name}: no type, or one that we do not use"
        assert (self.type == "counter") == name.endswith("_total"), f"{name} is a {self.type}"
        assert labels not in self.samples, f"{name}: twice the same labels"
        assert not name.endswith("_info") or number == 1
        self.samples[labels] = number


def parse_labels(text):
    labels, at = [], 0
    while at < len(text):
        match = re.compile(LABEL).match(text, at)
        assert match, f"no label: {text[at:]!r}"
        value = re.sub(r"\\.", lambda escape: UNESCAPED[escape[0]], match["value"])
        labels.append((match["label"], value))
        at = match.end()
        assert at == len(text) or text[at] == ",", f"behind a label: {text[at:]!r}"
        at += 1
    assert labels and text[-1] != ",", "an empty list of labels, or an empty label"
    assert len({label for label, _ in labels}) == len(labels), "twice the same label"
    return tuple(sorted(labels))


def parse_line(families, line):
    """One line, whose family is the last of families or begins here."""
    if line.startswith("# HELP "):
        name, _, text = line.removeprefix("# HELP ").partition(" ")
        assert re.fullmatch(NAME, name) and text and "\\" not in text, line
        assert name not in families, f"twice: {name}"
        families[name] = Family(name, text)
        return
    assert families, f"before any HELP: {line!r}"
    family = list(families.values())[-1]
    if line.startswith("# TYPE "):
        name, _, kind = line.removeprefix("# TYPE ").partition(" ")
        assert name == family.name and not family.type and not family.samples, line
        family.type = kind
        return
    match = SAMPLE.fullmatch(line)
    assert match, f"no sample: {line!r}"
    labels = () if match["labels"] is None else parse_labels(match["labels"])
    family.add(match["name"], labels, float(match["number"]))


def parse(data):
    """Name to Family; an AssertionError says what is wrong."""
    text = data.decode("utf-8")
    assert text.endswith("\n") and "\r" not in text, "lines end in a line feed, the last one too"
    families = {}
    for line in text[:-1].split("\n"):
        parse_line(families, line)
    for family in families.values():
        assert family.type in TYPES, f"{family.name}: no type"
    return families
