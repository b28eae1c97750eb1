# SPDX-License-Identifier: Apache-2.0
"""Patches of up to a mebibyte that are made to cost as much as they can: what test_limits.py writes.

Each is a function without parameters, so that only the one in use takes memory.
"""

SIZE = 1 << 20  # bytes of the largest patch: the default of max_patch
PROFILE = b"machine:\n  seccompProfiles:\n    - name: a.json\n      value:\n        defaultAction: SCMP_ACT_LOG\n"
SYSCALLS = PROFILE + b"        syscalls:\n"


def fill(unit, head=b"", tail=b"", size=SIZE):
    """The unit as often as there is room for it."""
    return head + unit * ((size - len(head) - len(tail)) // len(unit)) + tail


def count(form, head=b"", tail=b"", size=SIZE, n_max=SIZE):
    """The form with 0, 1, 2... in it, in hexadecimal, as often as there is room for it."""
    parts, n = [head], len(head) + len(tail)
    for i in range(n_max):
        part = form.replace(b"%", b"%x" % i)
        n += len(part)
        if n > size:
            break
        parts.append(part)
    return b"".join(parts) + tail


def mapping(n):
    """A flow mapping of n keys."""
    return b"{" + b",".join(b"k%d: v" % i for i in range(n)) + b"}"


def laughs(levels):
    """Each level has the one before it ten times."""
    lines = [b"a0: &a0 [" + b",".join([b"x"] * 10) + b"]\n"]
    for i in range(1, levels):
        lines.append(b"a%d: &a%d [" % (i, i) + b",".join([b"*a%d" % (i - 1)] * 10) + b"]\n")
    return b"".join(lines)


def nested(opening, closing, depth, inner):
    return b"a: " + opening * depth + inner + closing * depth + b"\n"


def blocks(depth):
    return b"".join(b" " * i + b"a:\n" for i in range(depth))


def operations(form, first=b"", size=SIZE):
    """A JSON patch of so many operations as there is room for."""
    return count(form + b",", b"[" + first, b'{"op":"test","path":"/machine/type","value":"worker"}]\n', size)


RULE = b"          - &r {names: [read, write], action: SCMP_ACT_ALLOW}\n"
NAMES = SYSCALLS + b"          - {action: SCMP_ACT_LOG, names: ["
LIST = b'{"op":"add","path":"/cluster/l","value":[1]},'
LONG_LIST = b'{"op":"add","path":"/cluster/l","value":[' + b"1," * 20000 + b"1]},"

ALIASES = {
    "of a small mapping": lambda: fill(b"- *a\n", b"a: &a {x: 1}\nb:\n"),
    "of a mapping of 20 keys": lambda: fill(b"*a ,", b"a: &a " + mapping(20) + b"\nb: [", b"]\n"),
    "of a mapping of 2000 keys": lambda: fill(b"- *a\n", b"a: &a " + mapping(2000) + b"\nb:\n"),
    "of a long scalar": lambda: fill(b"- *a\n", b"a: &a " + b"x" * 500000 + b"\nb:\n"),
    "of rules": lambda: fill(b"          - *r\n", SYSCALLS + RULE),
    "of rules, as many as are allowed": lambda: fill(b"          - *r\n", SYSCALLS + RULE, size=500000),
    "a billion laughs": lambda: laughs(9),
    "laughs, as many as are allowed": lambda: laughs(5),
    "a merge key in each mapping": lambda: count(b"m%: {<<: *b}\n", b"b: &b " + mapping(50) + b"\n"),
    "a chain of merge keys": lambda: b"m0: &m0 {a: b}\n"
    + b"".join(b"m%d: &m%d {<<: *m%d, k%d: 1}\n" % (i + 1, i + 1, i, i) for i in range(900)),
    "a merge key of many": lambda: fill(b"*b,", b"b: &b {a: 1, c: 2}\nx: {<<: [", b"*b]}\n"),
    "anchors": lambda: count(b"k%: &a% v\n"),
    "one anchor again and again": lambda: count(b"k%: &a v\n"),
    "anchors and aliases": lambda: count(b"- &a% x\n- *a%\n"),
}

DEPTH = {
    "[": lambda: b"[" * SIZE,
    "{": lambda: b"{" * SIZE,
    "[{": lambda: b"[{" * (SIZE // 2),
    "{a: ": lambda: b"{a: " * (SIZE // 4),
    "- ": lambda: b"- " * (SIZE // 2),
    "? ": lambda: b"? " * (SIZE // 2),
    "of block mappings": lambda: blocks(1440),
    "of block mappings, as much as is allowed": lambda: blocks(990) + b" " * 990 + b"x",
    "of blocks, again and again": lambda: (b"- " * 400 + b"x\n") * (SIZE // 802),
    "of brackets, again and again": lambda: fill(b"[" * 400 + b"]" * 400 + b",", b"a: [", b"1]\n", SIZE // 8),
    "500 and tokens": lambda: nested(b"[", b"]", 500, b"1," * (SIZE // 2 - 600) + b"1"),
    "100 and tokens": lambda: nested(b"[", b"]", 100, b"1," * (SIZE // 2 - 600) + b"1"),
    "115 and collections": lambda: nested(b"[", b"]", 115, b"[]," * (SIZE // 3 - 600) + b"1"),
    "a block in brackets in a block": lambda: b"- " * 400 + b"[" * 400 + b"1" + b"]" * 400 + b"\n",
}

KEYS = {
    "100,000": lambda: count(b"    k%: 1\n", b"machine:\n  sysctls:\n", n_max=100000, size=2 * SIZE)[:SIZE],
    "at the top": lambda: count(b"k%: 1\n"),
    "as short as can be": lambda: count(b"%:\n"),
    "in braces": lambda: count(b"%: 1,", b"a: {", b"}\n"),
    "in JSON": lambda: count(b'"%":1,', b'{"machine":{', b'"z":1}}\n'),
    "of a profile": lambda: count(b"        k%: 1\n", PROFILE),
    "profiles": lambda: count(
        b"{name: p%.json, value: {defaultAction: SCMP_ACT_LOG}},", b"machine: {seccompProfiles: [", b"]}\n"
    ),
    "deletions of keys": lambda: count(b"  k%: {$patch: delete}\n", b"machine:\n"),
    "deletions of profiles": lambda: count(b"    - {name: p%, $patch: delete}\n", b"machine:\n  seccompProfiles:\n"),
    "items": lambda: fill(b"1,", b"a: [", b"1]\n"),
    "empty items": lambda: fill(b"-\n", b"a:\n"),
    "empty collections": lambda: fill(b"[],", b"a: [", b"1]\n"),
    "single pairs": lambda: fill(b"a: ,", b"a: [", b"1]\n"),
    "with question marks": lambda: fill(b"? a\n: b\n"),
}

ERRORS = {
    "the same key": lambda: fill(b"a:        1\n"),
    "unknown anchors": lambda: fill(b"-     *x\n"),
    "empty entries": lambda: fill(b"    - {}\n", b"machine:\n  seccompProfiles:\n"),
    "missing entries": lambda: fill(b"    -\n", b"machine:\n  seccompProfiles:\n"),
    "unknown keys of an entry": lambda: count(b"      k%: 1\n", b"machine:\n  seccompProfiles:\n    - name: a.json\n"),
    "unknown actions": lambda: fill(b"          - {action: X}\n", SYSCALLS),
    "unknown system calls": lambda: count(b"sys%,", NAMES, b"x]}\n"),
    "unknown architectures": lambda: fill(b"SCMP_ARCH_X,", PROFILE + b"        architectures: [", b"x]\n"),
    "one profile again and again": lambda: fill(b"    - {name: a, value: {}}\n", b"machine:\n  seccompProfiles:\n"),
    "operations without a path": lambda: fill(b"- {op: add}\n"),
    "unknown operations": lambda: fill(b"- {op: x, path: /a}\n"),
}

SCALARS = {
    "plain": lambda: fill(b"x", b"a: ", b"\n"),
    "of several lines": lambda: fill(b" y\n", b"a: x\n"),
    "escaped": lambda: fill(b"\\x41", b'a: "', b'"\n'),
    "without an end": lambda: fill(b"x", b'a: "'),
    "of line breaks": lambda: fill(b"\n", b"a: '", b" '\n"),
    "literal": lambda: fill(b" x\n", b"a: |\n"),
    "folded": lambda: fill(b" x\n", b"a: >\n"),
    "a key": lambda: b"x" * SIZE,
    "the name of a profile": lambda: fill(b"x", b"machine:\n  seccompProfiles:\n    - name: ", b"\n      value: {}\n"),
    "of two bytes a character": lambda: fill("é".encode(), b"a: ", b"\n"),
    "keys of two bytes a character": lambda: count("é%: ü\n".encode()),
    "an anchor": lambda: fill(b"x", b"a: &", b" y\n"),
    "a tag": lambda: fill(b"x", b"a: !", b" y\n"),
    "tags": lambda: count(b"- !t% y\n", b"a:\n"),
    "tags of a directive": lambda: fill(b"- !a!b c\n", b"%TAG !a! tag:x,2000:" + b"y" * 1000 + b"\n---\na:\n"),
    "directives": lambda: fill(b"%TAG !a! x\n"),
    "documents": lambda: fill(b"---\n"),
    "documents of mappings": lambda: fill(b"---\n{}\n"),
    "documents with a kind": lambda: count(b"---\nkind: X%\n"),
    "documents with an end": lambda: fill(b"a: b\n...\n"),
    "comments": lambda: fill(b"#\n", b"a: 1\n", b"b: 2\n"),
    "one comment": lambda: fill(b"x", b"#", b"\nmachine: {}\n"),
    "blanks": lambda: fill(b"\n", tail=b"machine: {}\n"),
    "tabs": lambda: b"\t" * SIZE,
    "quotes": lambda: b"'" * SIZE,
    "colons": lambda: b": " * (SIZE // 2),
    "NULs": lambda: b"\0" * SIZE,
    "UTF-16": lambda: "a: ".encode("utf-16") + "x".encode("utf-16-le") * (SIZE // 2 - 10),
    "any byte": lambda: bytes(i * 7919 % 251 + 3 for i in range(SIZE)),
}

JSON_PATCHES = {
    "additions": lambda: operations(b'{"op":"add","path":"/machine/k%","value":1}'),
    "additions at the end": lambda: operations(b'{"op":"add","path":"/cluster/l/-","value":1}', LIST),
    "additions at the beginning": lambda: operations(b'{"op":"add","path":"/cluster/l/0","value":1}', LIST),
    "removals": lambda: operations(b'{"op":"remove","path":"/cluster/l/0"}', LONG_LIST),
    "replacements": lambda: operations(b'{"op":"replace","path":"/machine/type","value":"w%"}'),
    "moves": lambda: operations(
        b'{"op":"move","from":"/cluster/l","path":"/cluster/m"},{"op":"move","from":"/cluster/m","path":"/cluster/l"}',
        LIST,
    ),
    "copies of the machine": lambda: operations(b'{"op":"copy","from":"/machine","path":"/machine/k%"}'),
    "copies of all": lambda: operations(b'{"op":"copy","from":"","path":"/cluster/k"}'),
    "copies that double": lambda: operations(b'{"op":"copy","from":"/cluster/l","path":"/cluster/l/-"}', LIST),
    "copies of a long list": lambda: operations(b'{"op":"copy","from":"/cluster/l","path":"/cluster/k%"}', LONG_LIST),
    "copies of a list that grows": lambda: operations(
        b'{"op":"add","path":"/cluster/l/-","value":1},{"op":"copy","from":"/cluster/l","path":"/cluster/k"}', LIST
    ),
    "tests": lambda: operations(b'{"op":"test","path":"/machine/type","value":"worker"}'),
    "tests of a mapping that grows": lambda: operations(
        b'{"op":"add","path":"/cluster/k%","value":1},{"op":"test","path":"/cluster/k0","value":1}'
    ),
    "tests of a list that grows": lambda: operations(
        b'{"op":"add","path":"/cluster/l/-","value":1},{"op":"copy","from":"/cluster/l/0","path":"/cluster/z"}', LIST
    ),
    "a long value": lambda: fill(b"1,", b'[{"op":"add","path":"/cluster/l","value":[', b"1]}]\n"),
    "a long pointer": lambda: fill(b"/a", b'[{"op":"add","path":"', b'","value":1}]\n'),
    "long pointers": lambda: operations(b'{"op":"test","path":"' + b"/a" * 100 + b'"}'),
    "aliases": lambda: count(
        b"- {op: add, path: /cluster/k%, value: *v}\n",
        b"- {op: add, path: /cluster/l, value: &v " + mapping(500) + b"}\n",
    ),
}
