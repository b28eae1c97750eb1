# SPDX-License-Identifier: Apache-2.0
"""What a person reads in the result: each thing once, with the place where it can be mended."""

import pytest
import yaml

# With a key that no runtime knows.
ODD = (
    "{{defaultAction: SCMP_ACT_ERRNO, defaultErrnoRet: 38, architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86], "
    "{key}: 1, x-seccompfs: {{base: none}}, syscalls: [{{names: [execve, read, socket, socketcall], "
    "action: SCMP_ACT_ALLOW}}]}}"
)
# And without it.
FINE = ODD.replace("{key}: 1, ", "").format()
CONFIG = "machine:\n  seccompProfiles:\n" + "".join(
    f"    - {{name: {name}.json, value: {ODD.format(key=name)}}}\n" for name in ("one", "two", "three", "four")
)


def add(name, value):
    return f"{{machine: {{seccompProfiles: [{{name: {name}.json, value: {value}}}]}}}}"


def add_json(name, value):
    return f"[{{op: add, path: /machine/seccompProfiles/-, value: {{name: {name}.json, value: {value}}}}}]"


def deny(name, reason, args=""):
    return f"{{machine: {{seccompDeny: [{{names: [{name}], {args}reason: {reason}}}]}}}}"


@pytest.fixture(name="odd")
def fixture_odd(instance):
    instance.config.write_text(CONFIG, encoding="utf-8")
    instance.start()
    return instance


def told(instance, patch):
    """What is said of a patch by the checks of its form, and of what denials do: rule, whether the place is in the
    patch, and the path."""
    instance.patch(patch)
    result = yaml.safe_load(instance.result())
    assert (result["result"], result["errors"]) == ("applied", [])
    warnings = [each for each in result["warnings"] if each["rule"].startswith(("unknown-key", "deny-"))]
    return [(each["rule"], "file" not in each, each["path"]) for each in warnings]


def test_a_patch_is_told_of_once_with_its_own_lines(odd):
    path = "machine.seccompProfiles[0].value"
    assert told(odd, add("new", ODD.format(key="more"))) == [("unknown-key", True, path)]
    # An anchor: the whole config is read for it.
    assert told(odd, add("other", "&x " + ODD.format(key="more"))) == [("unknown-key", True, path)]
    path = "machine.seccompProfiles[6].value"
    assert told(odd, add_json("third", ODD.format(key="more"))) == [("unknown-key", True, path)]


def test_what_a_patch_leaves_alone_is_not_repeated(odd):
    assert told(odd, add("one", FINE)) == []
    assert told(odd, add("other", "&x " + FINE)) == []
    assert told(odd, add_json("third", FINE)) == []
    assert told(odd, "[{op: remove, path: /machine/seccompProfiles/1}]") == []
    assert told(odd, deny("mount", "CVE-1")) == []


def test_a_denial_tells_what_it_has_changed(odd):
    family = "args: [{index: 0, op: SCMP_CMP_EQ, value: 38}], "
    found = told(odd, deny("socket", "CVE-1", family))
    changed = {each["id"] for each in yaml.safe_load(odd.result())["resources"]}
    assert changed == {"one.json", "two.json", "three.json", "four.json"}
    for i in range(4):
        assert ("deny-multiplexer", False, f"machine.seccompProfiles[{i}].value") in found
    assert all(each["rule"].startswith("deny-") for each in yaml.safe_load(odd.result())["warnings"])
    # The next ones have nothing to add but what they are themselves; a profile that comes under both has.
    assert told(odd, deny("kexec_load", "CVE-2")) == []
    assert told(odd, deny("read", "CVE-3")) == [("deny-base", True, "machine.seccompDeny[0].names[0]")]
    assert told(odd, deny("mount", "CVE-4")) == []
    assert ("deny-multiplexer", True, "machine.seccompProfiles[0].value") in told(odd, add("new", FINE))


def test_a_filter_that_nobody_can_build_is_refused_however_large_the_patch(mounted):
    """More names and conditions than could all be built in a second."""
    conditions = ", ".join(f"{{index: 0, op: SCMP_CMP_EQ, value: {i}}}" for i in range(60))
    rule = "{{names: [personality], action: SCMP_ACT_{}, args: [{{index: 1, op: SCMP_CMP_EQ, value: 8}}]}}"
    head = "{defaultAction: SCMP_ACT_ERRNO, architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86], syscalls: ["
    many = f"{head}{{names: [read, write], action: SCMP_ACT_ALLOW, args: [{conditions}]}}]}}"
    clash = f"{head}{rule.format('ALLOW')}, {rule.format('LOG')}]}}"
    entries = [f"{{name: p{i}.json, value: {many}}}" for i in range(200)]
    before = mounted.facts()
    with pytest.raises(OSError):
        mounted.patch(f"{{machine: {{seccompProfiles: [{', '.join(entries)}, {{name: bad.json, value: {clash}}}]}}}}")
    errors = yaml.safe_load(mounted.result())["errors"]
    assert [(each["rule"], each["path"]) for each in errors] == [
        ("filter-refused", "machine.seccompProfiles[200].value.syscalls[1]")
    ]
    assert mounted.facts() == before
    mounted.patch(f"{{machine: {{seccompProfiles: [{', '.join(entries)}]}}}}")
    assert len(mounted.versions()) == 201
