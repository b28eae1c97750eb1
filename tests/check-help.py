#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the help of a program with its man page: every option and verb of one stands in the other.

usage: check-help.py PROGRAM MAN_PAGE

The help goes to stdout with exit status 0, in at most 80 columns. Where it has a list of verbs ("Verbs:"),
the help of each (PROGRAM VERB --help) is looked at too.
"""

import re
import subprocess
import sys

OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]*|-[A-Za-z])(?![\w-])")
# Options of other programs that the page mentions stand behind the first .Xr of a paragraph.
SECTIONS = ("SYNOPSIS", "DESCRIPTION", "OPTIONS")


def read_help(program, *words):
    """The text of a help, and the complaints about its form."""
    done = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=False, timeout=60)
    name = " ".join([*words, "--help"])
    complaints = []
    if done.returncode != 0:
        complaints.append(f"{name}: exit status {done.returncode}")
    if done.stderr:
        complaints.append(f"{name}: writes to stderr: {done.stderr}")
    if not done.stdout:
        complaints.append(f"{name}: nothing on stdout")
    for line in done.stdout.splitlines():
        if len(line) > 80:
            complaints.append(f"{name}: {len(line)} columns: {line}")
    return done.stdout, complaints


def list_below(text, heading):
    """The first words of the lines below a heading, up to an empty line."""
    words = []
    inside = False
    for line in text.splitlines():
        if line == heading:
            inside = True
        elif not line:
            inside = False
        elif inside and re.match(r"  \S", line):
            words.append(line.split()[0])
    return words


def options_of_help(text):
    """Options in the list of options only: the first column, so that prose is not searched."""
    found = set()
    inside = False
    for line in text.splitlines():
        if line.endswith("ptions:"):
            inside = True
        elif not line:
            inside = False
        elif inside and re.match(r" {2,6}-", line):
            found.update(OPTION.findall(line[: line.find("  ", len(line) - len(line.lstrip()))]))
    return found


def options_and_verbs_of_page(path):
    """What .Fl and .Cm name in the sections on the command line."""
    options, commands = set(), set()
    section = ""
    with open(path, encoding="utf-8") as page:
        for line in page:
            words = line.split()
            if not words or not line.startswith("."):
                continue
            if words[0] == ".Sh":
                section = " ".join(words[1:])
            if section not in SECTIONS:
                continue
            for before, word in zip(words, words[1:]):
                if before.lstrip(".") == "Fl" and re.fullmatch(r"-?[A-Za-z][a-z-]*", word):
                    options.add("-" + word)
                if before in ("Cm", ".Cm"):
                    commands.add(word)
    return options, commands


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, page = sys.argv[1:]
    text, complaints = read_help(program)
    helped = options_of_help(text)
    verbs = set(list_below(text, "Verbs:"))
    for verb in sorted(verbs):
        verb_text, verb_complaints = read_help(program, verb)
        complaints += verb_complaints
        for option in sorted(options_of_help(verb_text) - helped):
            complaints.append(f"{option}: in the help of {verb}, not in that of the program")
    documented, commands = options_and_verbs_of_page(page)
    if not helped:
        complaints.append("no option found in the help")
    for option in sorted(helped - documented):
        complaints.append(f"{option}: in the help, not in {page}")
    for option in sorted(documented - helped):
        complaints.append(f"{option}: in {page}, not in the help")
    for verb in sorted(verbs - commands):
        complaints.append(f"{verb}: in the help, not in {page}")
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
