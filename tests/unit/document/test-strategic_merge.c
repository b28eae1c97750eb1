/* SPDX-License-Identifier: Apache-2.0 */

#include "document/strategic_merge.h"

#include "patching.h"

static void applies(const char *config, const char *patch, const char *expected)
{
	patching_applies(strategic_merge, config, patch, expected, 0);
}

static void warns(const char *config, const char *patch, const char *expected)
{
	patching_applies(strategic_merge, config, patch, expected, 1);
}

static void fails(const char *config, const char *patch, const char *error)
{
	patching_fails(strategic_merge, config, patch, error);
}

/* The config is that of the talos.md table; each case names the rule. */
#define CONFIG                            \
	"debug: true\n"                   \
	"machine:\n"                      \
	"  type: worker\n"                \
	"  certSANs: [a]\n"               \
	"  sysctls: {x: 1, y: 2}\n"       \
	"  kubelet:\n"                    \
	"    extraArgs: {a: x, l: [1]}\n" \
	"    extraConfig: {n: 110, flag: true, list: [1], map: {a: 1}, s: s, e: null}\n"

static void merges(const char *patch, const char *expected)
{
	applies(CONFIG, patch, expected);
}

static void test_scalars(void **state)
{
	applies("{machine: {type: worker, n: 5}}", "{machine: {type: init}}",
	        "{machine: {type: init, n: 5}}");
	applies("{machine: {type: worker, n: 5}}", "{machine: {type: \"\", n: 0}}",
	        "{machine: {type: worker, n: 5}}");
	applies("{debug: true}", "{debug: false}", "{debug: false}");
	applies("{machine: {}}", "{debug: false}", "{machine: {}, debug: false}");
	applies("{machine: {n: 5}}", "{machine: {n: 0.0}}", "{machine: {n: 5}}");
	applies("{machine: {n: 5}}", "{machine: {n: 7}}", "{machine: {n: 7}}");
	applies("{machine: {n: null}}", "{machine: {n: 7}}", "{machine: {n: 7}}");
	applies("{machine: {}}", "{machine: {label: \"\"}}", "{machine: {label: \"\"}}");
}

static void test_null_says_nothing(void **state)
{
	applies("{machine: {type: worker}}", "{machine: {type: null}}",
	        "{machine: {type: worker}}");
	applies("{machine: {type: worker}}", "{machine: {new: null}}", "{machine: {type: worker}}");
	applies("{machine: {type: worker}}", "machine:\n", "{machine: {type: worker}}");
	applies("{cluster: {}}", "{machine: {a: 1, b: {c: null}}}",
	        "{cluster: {}, machine: {a: 1, b: {}}}");
}

static void test_mappings_and_lists(void **state)
{
	applies("{machine: {a: {b: 1}}}", "{machine: {a: {c: 2}, d: {e: 3}}}",
	        "{machine: {a: {b: 1, c: 2}, d: {e: 3}}}");
	applies("{machine: {l: [a]}}", "{machine: {l: [b, a]}}", "{machine: {l: [a, b, a]}}");
	applies("{machine: {l: [a]}}", "{machine: {l: []}}", "{machine: {l: [a]}}");
	applies("{machine: {l: null}}", "{machine: {l: [a]}}", "{machine: {l: [a]}}");
	applies("{machine: {}}", "{machine: {l: [], m: {}}}", "{machine: {l: [], m: {}}}");
	fails("{machine: {l: [a]}}", "{machine: {l: {b: 1}}}",
	      "patch:1:15: machine.l: found a mapping, but the config has a list here");
	fails("{machine: {l: {b: 1}}}", "{machine: {l: x}}",
	      "patch:1:15: machine.l: found a scalar, but the config has a mapping here");
}

static void test_replaced_places(void **state)
{
	const char *config = "{cluster: {network: {podSubnets: [a, b]}, apiServer: {auditPolicy: "
			     "{rules: [1], x: 1}}}}";

	applies(config, "{cluster: {network: {podSubnets: [c]}}}",
	        "{cluster: {network: {podSubnets: [c]}, apiServer: {auditPolicy: {rules: [1], x: "
	        "1}}}}");
	applies(config, "{cluster: {network: {podSubnets: []}}}",
	        "{cluster: {network: {podSubnets: []}, apiServer: {auditPolicy: {rules: [1], x: 1}}}}");
	applies(config, "{cluster: {network: {podSubnets: null}}}", config);
	applies(config, "{cluster: {apiServer: {auditPolicy: {rules: [2]}}}}",
	        "{cluster: {network: {podSubnets: [a, b]}, apiServer: {auditPolicy: {rules: [2]}}}}");
	applies(config, "{cluster: {apiServer: {auditPolicy: {}}}}", config);
	/* The same words elsewhere are no such place. */
	applies("{machine: {podSubnets: [a]}}", "{machine: {podSubnets: [b]}}",
	        "{machine: {podSubnets: [a, b]}}");
}

static void test_strings_and_arguments(void **state)
{
	applies("{machine: {sysctls: {x: 1, y: 2}}}",
	        "{machine: {sysctls: {x: 0, y: null, z: null}}}",
	        "{machine: {sysctls: {x: 0, y: 2, z: null}}}");
	applies("{machine: {sysctls: {x: 1}}}", "{machine: {sysctls: {x: \"\"}}}",
	        "{machine: {sysctls: {x: 1}}}");
	applies("{machine: {kubelet: {extraArgs: {a: x, l: [1]}}}}",
	        "{machine: {kubelet: {extraArgs: {a: [2], l: y, n: [3]}}}}",
	        "{machine: {kubelet: {extraArgs: {a: [2], l: y, n: [3]}}}}");
	applies("{machine: {kubelet: {extraArgs: {a: x}}}}",
	        "{machine: {kubelet: {extraArgs: {a: null}}}}",
	        "{machine: {kubelet: {extraArgs: {a: null}}}}");
	applies("{machine: {kubelet: {extraArgs: {l: [1]}}}}",
	        "{machine: {kubelet: {extraArgs: {l: [2]}}}}",
	        "{machine: {kubelet: {extraArgs: {l: [2]}}}}");
}

static void free_form(const char *patch, const char *expected)
{
	_cleanup_(buffer_deinit) struct buffer whole = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer result = BUFFER_INIT;

	buffer_printf(&whole, "{machine: {kubelet: {extraConfig: %s}}}", patch);
	buffer_printf(&result, "{machine: {kubelet: {extraConfig: %s}}}", expected);
	applies("{machine: {kubelet: {extraConfig: {n: 110, flag: true, list: [1], map: {a: 1}, s: "
	        "s, e: null, d: 2001-12-14}}}}",
	        whole.data, result.data);
}

static void free_form_fails(const char *patch, const char *error)
{
	_cleanup_(buffer_deinit) struct buffer whole = BUFFER_INIT;

	buffer_printf(&whole, "machine:\n kubelet:\n  extraConfig: %s", patch);
	fails("{machine: {kubelet: {extraConfig: {n: 110, flag: true, list: [1], map: {a: 1}, s: s, "
	      "e: null}}}}",
	      whole.data, error);
}

static void test_free_form(void **state)
{
	free_form("{n: 200, s: t, new: 1}", "{n: 200, flag: true, list: [1], map: {a: 1}, s: t, e: "
	                                    "null, d: 2001-12-14, new: 1}");
	free_form("{flag: false, n: 0, s: \"\", list: [], map: {}}",
	          "{n: 110, flag: false, list: [1], map: {a: 1}, s: s, e: null, d: 2001-12-14}");
	free_form("{list: [2], map: {b: 2}}", "{n: 110, flag: true, list: [1, 2], map: {a: 1, b: "
	                                      "2}, s: s, e: null, d: 2001-12-14}");
	/* A new null is kept, one over null too, and null gives way to anything. */
	free_form("{x: null, e: {y: null}}",
	          "{n: 110, flag: true, list: [1], map: {a: 1}, s: s, e: "
	          "{y: null}, d: 2001-12-14, x: null}");
	/* D8: Talos cannot merge where there is a date. */
	free_form("{d: 2002-01-01}", "{n: 110, flag: true, list: [1], map: {a: 1}, s: s, e: null, "
	                             "d: 2002-01-01}");
	free_form_fails("{n: x}",
	                "patch:3:20: machine.kubelet.extraConfig.n: found string, but the "
	                "config has integer here");
	free_form_fails("{n: 1.5}", "patch:3:20: machine.kubelet.extraConfig.n: found float, but "
	                            "the config has integer here");
	free_form_fails("{map: [1]}", "patch:3:22: machine.kubelet.extraConfig.map: found a list, "
	                              "but the config has a mapping here");
	/* D7 */
	free_form_fails("{n: null}",
	                "patch:3:20: machine.kubelet.extraConfig.n: null cannot take the place of "
	                "integer in a free-form value; to remove the key write `{$patch: delete}`");
	free_form_fails(
		"{map: {a: ~}}",
		"patch:3:26: machine.kubelet.extraConfig.map.a: null cannot take the place "
		"of integer in a free-form value; to remove the key write `{$patch: delete}`");
}

static void test_profiles_merge_by_name(void **state)
{
	const char *config =
		"{machine: {seccompProfiles: [{name: a, value: {x: 1, y: 2}}, {name: b, "
		"value: {z: 3}}]}}";

	applies(config, "{machine: {seccompProfiles: [{name: a, value: {x: 9}}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: {x: 9}}, {name: b, value: {z: 3}}]}}");
	applies(config, "{machine: {seccompProfiles: [{value: {x: 9}, name: c}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: {x: 1, y: 2}}, {name: b, value: {z: "
	        "3}}, {name: c, value: {x: 9}}]}}");
	applies(config, "{machine: {seccompProfiles: []}}", config);
	applies(config, "{machine: {seccompProfiles: }}", config);
	/* Of two entries with one name the later wins. */
	applies(config,
	        "{machine: {seccompProfiles: [{name: c, value: {x: 1}}, {name: c, value: {x: 2}}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: {x: 1, y: 2}}, {name: b, value: {z: "
	        "3}}, {name: c, value: {x: 2}}]}}");
	applies("{machine: {}}",
	        "{machine: {seccompProfiles: [{name: c, value: {x: 1}}, {name: c, value: {x: 2}}]}}",
	        "{machine: {seccompProfiles: [{name: c, value: {x: 2}}]}}");
	/* Of two in the config the last, which is the one that is served, is replaced. */
	applies("{machine: {seccompProfiles: [{name: a, value: 1}, {name: a, value: 2}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: 3}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: 1}, {name: a, value: 3}]}}");
	/* Names are compared as Talos reads them: by their text. */
	applies("{machine: {seccompProfiles: [{name: 12, value: 1}, {name: a.json, value: 2}]}}",
	        "{machine: {seccompProfiles: [{name: \"12\", value: 3}, {name: !!binary "
	        "YS5qc29u, value: 4}]}}",
	        "{machine: {seccompProfiles: [{name: \"12\", value: 3}, {name: !!binary "
	        "YS5qc29u, value: 4}]}}");
	/* null in a value is part of it. */
	applies(config, "{machine: {seccompProfiles: [{name: a, value: {x: null}}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: {x: null}}, {name: b, value: {z: "
	        "3}}]}}");
	fails(config, "{machine: {seccompProfiles: [null]}}",
	      "patch:1:30: machine.seccompProfiles[0]: an entry must be a mapping, found null");
}

static void test_profiles_share_what_stays(void **state)
{
	_cleanup_(stream_freep) struct stream *before = patching_read(
		"config",
		"{machine: {seccompProfiles: [{name: a, value: {x: 1}}, {name: b, value: {z: 3}}]}}");
	_cleanup_(stream_freep) struct stream *patch = patching_read(
		"patch", "{machine: {seccompProfiles: [{name: b, value: {z: 0x3}}]}}");
	_cleanup_(edit_freep) struct edit *edit = NULL;

	assert_int_equal(edit_new(before, &edit), 0);
	assert_int_equal(strategic_merge(edit, patch, NULL), 0);
	/* Nothing was said, so the very tree is still there. */
	assert_ptr_equal(edit->documents[0].root, before->documents[0].root);
}

static void test_profiles_of_one_list(void **state)
{
	_cleanup_(stream_freep) struct stream *before = patching_read(
		"config",
		"{machine: {seccompProfiles: [{name: a, value: {x: 1}}, {name: b, value: {z: 3}}]}}");
	_cleanup_(stream_freep) struct stream *patch =
		patching_read("patch", "{machine: {seccompProfiles: [{name: b, value: {z: 4}}]}}");
	_cleanup_(edit_freep) struct edit *edit = NULL;
	const struct node *old = node_find(node_find(before->documents[0].root, "machine"),
	                                   "seccompProfiles");
	const struct node *new;

	assert_int_equal(edit_new(before, &edit), 0);
	assert_int_equal(strategic_merge(edit, patch, NULL), 0);
	new = node_find(node_find(edit->documents[0].root, "machine"), "seccompProfiles");
	assert_ptr_not_equal(new, old);
	assert_ptr_equal(new->origin, old);
	assert_ptr_equal(new->items[0], old->items[0]);
	assert_ptr_equal(new->items[1]->origin, old->items[1]);
	assert_ptr_equal(new->items[1]->entries[0].value, old->items[1]->entries[0].value);
}

static void test_keyed_lists(void **state)
{
	applies("{machine: {network: {interfaces: [{interface: eth0, mtu: 1500, addresses: [a]}]}}}",
	        "{machine: {network: {interfaces: [{interface: eth0, dhcp: true, addresses: [b]}, "
	        "{interface: eth1}]}}}",
	        "{machine: {network: {interfaces: [{interface: eth0, mtu: 1500, addresses: [a, b], "
	        "dhcp: true}, {interface: eth1}]}}}");
	applies("{machine: {network: {interfaces: [{deviceSelector: {busPath: x}, mtu: 1}, "
	        "{deviceSelector: {driver: y}}]}}}",
	        "{machine: {network: {interfaces: [{deviceSelector: {driver: y}, mtu: 2}, {mtu: 3}]}}}",
	        "{machine: {network: {interfaces: [{deviceSelector: {busPath: x}, mtu: 1}, "
	        "{deviceSelector: {driver: y}, mtu: 2}, {mtu: 3}]}}}");
	applies("{machine: {network: {interfaces: [{interface: e, vlans: [{vlanId: 1, a: [x]}]}]}}}",
	        "{machine: {network: {interfaces: [{interface: e, vlans: [{vlanId: 1, a: [y]}, "
	        "{vlanId: 2}]}]}}}",
	        "{machine: {network: {interfaces: [{interface: e, vlans: [{vlanId: 1, a: [x, y]}, "
	        "{vlanId: 2}]}]}}}");
	applies("{cluster: {apiServer: {admissionControl: [{name: P, configuration: {l: [1]}}]}}}",
	        "{cluster: {apiServer: {admissionControl: [{name: P, configuration: {l: [2], m: 3}}, "
	        "{name: Q}]}}}",
	        "{cluster: {apiServer: {admissionControl: [{name: P, configuration: {l: [1, 2], m: "
	        "3}}, {name: Q}]}}}");
	applies("{machine: {network: {interfaces: [{interface: \"\", mtu: 9}, {deviceSelector: "
	        "{driver: y}, mtu: 1}]}}}",
	        "{machine: {network: {interfaces: [{interface: \"\", deviceSelector: {driver: y}, "
	        "mtu: 2}]}}}",
	        "{machine: {network: {interfaces: [{interface: \"\", mtu: 9}, {interface: \"\", "
	        "deviceSelector: {driver: y}, mtu: 2}]}}}");
	/* Of two with one key the first, as in Talos. */
	applies("{machine: {network: {interfaces: [{interface: e, mtu: 1}, {interface: e, mtu: 2}]}}}",
	        "{machine: {network: {interfaces: [{interface: e, mtu: 3}]}}}",
	        "{machine: {network: {interfaces: [{interface: e, mtu: 3}, {interface: e, mtu: 2}]}}}");
	fails("{cluster: {apiServer: {admissionControl: [{name: P, configuration: {l: [1]}}]}}}",
	      "{cluster: {apiServer: {admissionControl: [{name: P, configuration: {l: x}}]}}}",
	      "patch:1:72: cluster.apiServer.admissionControl[0].configuration.l: found a scalar, "
	      "but the config has a list here");
	applies("{apiVersion: v1alpha1, kind: ImageVerificationConfig, rules: [{image: a, skip: "
	        "true}]}",
	        "{apiVersion: v1alpha1, kind: ImageVerificationConfig, rules: [{image: a, deny: "
	        "true}, {image: b}]}",
	        "{apiVersion: v1alpha1, kind: ImageVerificationConfig, rules: [{image: a, deny: "
	        "true}, {image: b}]}");
}

#define FOO  "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: foo, environment: [A=1]}\n"
#define HOST "{apiVersion: v1alpha1, kind: HostnameConfig, hostname: h, auto: \"off\"}\n"

#define DENY(entries) "{machine: {seccompDeny: [" entries "]}}"
#define ALG           "{names: [socket], args: [{index: 0, value: 38}], reason: x}"

static void test_distinct_entries_are_there_once(void **state)
{
	applies("{machine: {}}", DENY(ALG ", {names: [bpf], reason: x}, " ALG),
	        DENY(ALG ", {names: [bpf], reason: x}"));
	applies(DENY(ALG), DENY(ALG), DENY(ALG));
	/* In other words, and by way of an alias. */
	applies(DENY(ALG),
	        DENY("{reason: \"x\", args: [{value: 0x26, index: 0}], names: [socket]}"),
	        DENY(ALG));
	applies("{machine: {a: &a " ALG ", seccompDeny: [*a]}}", DENY(ALG),
	        "{machine: {a: " ALG ", seccompDeny: [" ALG "]}}");
	applies(DENY(ALG), DENY("{names: [socket], reason: x}, " ALG),
	        DENY(ALG ", {names: [socket], reason: x}"));
	/* One document after another. */
	applies(DENY("{names: [bpf], reason: x}"), DENY(ALG) "\n---\n" DENY(ALG) "\n",
	        DENY("{names: [bpf], reason: x}, " ALG));
	/* What was there twice stays so: nobody has said that it is to go. */
	applies(DENY(ALG ", " ALG), DENY(ALG), DENY(ALG ", " ALG));
	/* What goes is not there any more. */
	applies(DENY(ALG ", {names: [bpf], reason: y}"), DENY("{reason: x, $patch: delete}, " ALG),
	        DENY("{names: [bpf], reason: y}, " ALG));
	/* Other lists are none. */
	applies("{machine: {l: [{a: 1}]}}", "{machine: {l: [{a: 1}]}}",
	        "{machine: {l: [{a: 1}, {a: 1}]}}");
}

static void test_all_that_match_are_deleted(void **state)
{
#define THREE "{names: [bpf], reason: x}, {names: [read], reason: y}, {names: [ptrace], reason: x}"
	applies(DENY(THREE), DENY("{reason: x, $patch: delete}"),
	        DENY("{names: [read], reason: y}"));
	/* All that is said must hold, in whatever order. */
	applies(DENY(THREE), DENY("{reason: x, names: [ptrace], $patch: delete}"),
	        DENY("{names: [bpf], reason: x}, {names: [read], reason: y}"));
	applies(DENY(THREE), DENY("{names: [bpf], reason: x, $patch: delete}"),
	        DENY("{names: [read], reason: y}, {names: [ptrace], reason: x}"));
	warns(DENY(THREE), DENY("{reason: x, names: [read], $patch: delete}"), DENY(THREE));
	warns(DENY(THREE), DENY("{reason: x, errnoRet: 1, $patch: delete}"), DENY(THREE));
	warns(DENY(THREE), DENY("{reason: z, $patch: delete}"), DENY(THREE));
	fails(DENY(THREE), DENY("{names: [bpf], $patch: delete}"),
	      "patch:1:26: machine.seccompDeny[0]: no key says which entry is to be deleted: add "
	      "one, as `reason: x`");
#undef THREE
}

static void test_documents(void **state)
{
	applies("{machine: {}}\n---\n" FOO,
	        "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: foo, environment: [B=2]}",
	        "{machine: {}}\n---\n"
	        "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: foo, environment: [A=1, "
	        "B=2]}");
	applies("{machine: {}}\n---\n" FOO,
	        "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: bar, environment: [B=2]}",
	        "{machine: {}}\n---\n" FOO "---\n"
	        "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: bar, environment: [B=2]}");
	/* Several documents, also of one identity, also of one that the patch added. */
	applies("{machine: {}}",
	        "{debug: true}\n---\n" HOST "---\n{persist: true}\n---\n"
	        "{apiVersion: v1alpha1, kind: HostnameConfig, hostname: i}",
	        "{machine: {}, debug: true, persist: true}\n---\n"
	        "{apiVersion: v1alpha1, kind: HostnameConfig, hostname: i, auto: \"off\"}");
	applies(HOST, "{machine: {type: worker}}", HOST "---\n{machine: {type: worker}}");
	applies("{machine: {}}", "---\nnull\n---\n{debug: true}\n---\n",
	        "{machine: {}, debug: true}");
	applies("{machine: {}}", "{apiVersion: v1, kind: Unknown}",
	        "{machine: {}}\n---\n{apiVersion: v1, kind: Unknown}");
	fails("{machine: {}}", "{kind: HostnameConfig, hostname: x}",
	      "patch:1:1: kind without apiVersion: a document has both, or neither");
	fails("{machine: {}}", "{apiVersion: v1alpha1, hostname: x}",
	      "patch:1:1: apiVersion without kind: a document has both, or neither");
	fails("{machine: {}}", "{debug: true}\n---\nx\n",
	      "patch:3:1: a document of a patch must be a mapping, found string");
	fails("{machine: {}}", "{version: v1alpha1}",
	      "patch:1:1: the patch holds nothing to merge");
	fails("{machine: {}}", "{}", "patch:1:1: the patch holds nothing to merge");
}

static void test_delete_keys(void **state)
{
	applies("{machine: {a: 1, b: 2}}", "{machine: {a: {$patch: delete}}}", "{machine: {b: 2}}");
	applies("{machine: {a: 1, b: 2}}", "{machine: {\"a\": {\"$patch\": \"delete\"}}}",
	        "{machine: {b: 2}}");
	applies("{machine: {a: 1}, cluster: {}}", "{machine: {$patch: delete}}", "{cluster: {}}");
	applies("{machine: {a: {b: {c: 1, d: 2}}}}",
	        "{machine: {a: {b: {c: {$patch: delete}, e: 3}}}}",
	        "{machine: {a: {b: {d: 2, e: 3}}}}");
	applies("{machine: {kubelet: {extraConfig: {n: 1, m: 2}}}}",
	        "{machine: {kubelet: {extraConfig: {n: {$patch: delete}}}}}",
	        "{machine: {kubelet: {extraConfig: {m: 2}}}}");
	/* Deletes of a document run before its merge, wherever they stand. */
	applies("{machine: {l: [a]}}", "{machine: {l: {$patch: delete}}}\n---\n{machine: {l: [b]}}",
	        "{machine: {l: [b]}}");
	/* A merge key may be in the way. */
	applies("{x: &x {a: 1, b: 2}, machine: {<<: *x, c: 3}}", "{machine: {a: {$patch: delete}}}",
	        "{x: {a: 1, b: 2}, machine: {b: 2, c: 3}}");
	applies("{x: &x {a: 1, b: 2}, machine: *x}", "{machine: {a: {$patch: delete}}}",
	        "{x: {a: 1, b: 2}, machine: {b: 2}}");
	/* D6, and nothing is left behind where it would have been. */
	warns("{machine: {a: 1}}", "{machine: {b: {$patch: delete}}}", "{machine: {a: 1}}");
	warns("{machine: {a: 1}}", "{machine: {b: {c: {$patch: delete}}}}", "{machine: {a: 1}}");
	warns("{machine: {a: 1}}", "{machine: {a: {c: {$patch: delete}}}}", "{machine: {a: 1}}");
	warns("{machine: {a: 1}}", "{machine: {b: {c: {$patch: delete}, d: 1}}}",
	      "{machine: {a: 1, b: {d: 1}}}");
}

#define TWO "{machine: {seccompProfiles: [{name: a, value: {x: 1}}, {name: b, value: {y: 2}}]}}"

static void test_delete_entries(void **state)
{
	applies(TWO, "{machine: {seccompProfiles: [{name: a, $patch: delete}]}}",
	        "{machine: {seccompProfiles: [{name: b, value: {y: 2}}]}}");
	applies(TWO, "{machine: {seccompProfiles: [{$patch: delete, name: b, value: {q: 1}}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: {x: 1}}]}}");
	applies(TWO, "{machine: {seccompProfiles: [{value: {q: 1}, name: b, $patch: delete}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: {x: 1}}]}}");
	applies(TWO,
	        "{machine: {seccompProfiles: [{name: a, $patch: delete}, {name: b, $patch: delete}]}}",
	        "{machine: {seccompProfiles: []}}");
	applies(TWO, "{machine: {seccompProfiles: {$patch: delete}}}", "{machine: {}}");
	/* To replace, delete and add in one patch; the entry then goes to the end. */
	applies(TWO,
	        "{machine: {seccompProfiles: [{name: a, value: {z: 3}}, {name: a, $patch: delete}]}}",
	        "{machine: {seccompProfiles: [{name: b, value: {y: 2}}, {name: a, value: {z: 3}}]}}");
	applies("{machine: {seccompProfiles: [{name: 12, value: {x: 1}}]}}",
	        "{machine: {seccompProfiles: [{name: \"12\", $patch: delete}]}}",
	        "{machine: {seccompProfiles: []}}");
	/* As in Talos the first of several goes; the result says that there is another. */
	warns("{machine: {seccompProfiles: [{name: a, value: 1}, {name: a, value: 2}]}}",
	      "{machine: {seccompProfiles: [{name: a, $patch: delete}]}}",
	      "{machine: {seccompProfiles: [{name: a, value: 2}]}}");
	warns("{machine: {seccompProfiles: [{name: a, value: 1}, {name: a, value: 2}]}}",
	      "{machine: {seccompProfiles: [{name: a, $patch: delete}, {name: a, $patch: delete}]}}",
	      "{machine: {seccompProfiles: []}}");
	patching_applies(
		strategic_merge,
		"{machine: {seccompProfiles: [{name: a, value: 1}, {name: a, value: 2}, "
		"{name: a, value: 3}, {name: a, value: 4}]}}",
		"{machine: {seccompProfiles: [{name: a, $patch: delete}, {name: a, $patch: "
		"delete}]}}",
		"{machine: {seccompProfiles: [{name: a, value: 3}, {name: a, value: 4}]}}", 2);
	applies("{machine: {l: [{a: x}, {a: ~}, {a: 2}]}}",
	        "{machine: {l: [{a: null, $patch: delete}]}}", "{machine: {l: [{a: x}, {a: 2}]}}");
	applies("{machine: {network: {interfaces: [{interface: e}, {deviceSelector: {driver: y}}]}}}",
	        "{machine: {network: {interfaces: [{interface: e, $patch: delete}, {deviceSelector: "
	        "{driver: y}, mtu: 2}]}}}",
	        "{machine: {network: {interfaces: [{deviceSelector: {driver: y}, mtu: 2}]}}}");
	/* The last of what is left, also in the next document, is what is replaced. */
	warns("{machine: {seccompProfiles: [{name: a, value: 1}, {name: b, value: 2}, {name: a, value: "
	      "3}]}}",
	      "{machine: {seccompProfiles: [{name: a, $patch: delete}, {name: a, value: 4}, {name: c, "
	      "value: 5}]}}\n---\n"
	      "{machine: {seccompProfiles: [{name: c, value: 6}, {name: b, $patch: delete}]}}\n---\n"
	      "{machine: {seccompProfiles: [{name: b, value: 7}]}}",
	      "{machine: {seccompProfiles: [{name: a, value: 4}, {name: c, value: 6}, {name: b, value: "
	      "7}]}}");
	/* Selected by one key, merged by another, appended to without any. */
	applies("{apiVersion: v1, kind: ExtensionServiceConfig, name: f, configFiles: "
	        "[{content: x, mountPath: /a}, {content: y, mountPath: /b}]}",
	        "{apiVersion: v1, kind: ExtensionServiceConfig, name: f, configFiles: "
	        "[{content: x, $patch: delete}, {content: z, mountPath: /b}]}\n---\n"
	        "{apiVersion: v1, kind: ExtensionServiceConfig, name: f, configFiles: "
	        "[{content: z, $patch: delete}, {content: y, mountPath: /a}]}",
	        "{apiVersion: v1, kind: ExtensionServiceConfig, name: f, configFiles: "
	        "[{content: y, mountPath: /a}]}");
	applies("{machine: {l: [{a: 1}, {a: 2}]}}",
	        "{machine: {l: [{a: 1, $patch: delete}, {a: 3}]}}\n---\n"
	        "{machine: {l: [{a: 3, $patch: delete}, {a: 4}]}}",
	        "{machine: {l: [{a: 2}, {a: 4}]}}");
	/* D6 */
	warns(TWO, "{machine: {seccompProfiles: [{name: zzz, $patch: delete}]}}", TWO);
	warns("{machine: {}}", "{machine: {seccompProfiles: [{name: a, $patch: delete}]}}",
	      "{machine: {}}");
	/* Other lists by any key. */
	applies("{machine: {network: {interfaces: [{interface: e, vlans: [{vlanId: 7}]}]}}}",
	        "{machine: {network: {interfaces: [{interface: e, $patch: delete}]}}}",
	        "{machine: {network: {interfaces: []}}}");
	applies("{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: foo, configFiles: "
	        "[{content: hello, mountPath: /a}, {content: x, mountPath: /b}]}",
	        "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: foo, configFiles: "
	        "[{content: hello, $patch: delete}, {content: y, mountPath: /b}]}",
	        "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: foo, configFiles: "
	        "[{content: y, mountPath: /b}]}");
}

static void test_delete_documents(void **state)
{
	applies("{machine: {}}\n---\n" HOST,
	        "{apiVersion: v1alpha1, kind: HostnameConfig, $patch: delete}", "{machine: {}}");
	applies("{machine: {}}\n---\n" FOO,
	        "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: foo, $patch: delete}",
	        "{machine: {}}");
	applies("{machine: {}}\n---\n" HOST,
	        "{apiVersion: v1alpha1, kind: HostnameConfig, auto: {$patch: delete}}",
	        "{machine: {}}\n---\n{apiVersion: v1alpha1, kind: HostnameConfig, hostname: h}");
	applies("{machine: {}}\n---\n" HOST,
	        "{apiVersion: v1alpha1, kind: HostnameConfig, $patch: delete}\n---\n"
	        "{apiVersion: v1alpha1, kind: HostnameConfig, hostname: i}",
	        "{machine: {}}\n---\n{apiVersion: v1alpha1, kind: HostnameConfig, hostname: i}");
	/* The name is part of the identity. */
	warns("{machine: {}}\n---\n" FOO,
	      "{apiVersion: v1alpha1, kind: ExtensionServiceConfig, name: bar, $patch: delete}",
	      "{machine: {}}\n---\n" FOO);
	/* A delete in a document that is not there does not make one. */
	warns("{machine: {}}",
	      "{apiVersion: v1alpha1, kind: HostnameConfig, auto: {$patch: delete}}",
	      "{machine: {}}");
	fails("{machine: {}}", "{$patch: delete}",
	      "patch:1:1: a whole document is deleted by its apiVersion and kind, and apiVersion is "
	      "missing; the document of `machine:` cannot be deleted");
	fails("{machine: {}}", "{machine: {}, $patch: delete}",
	      "patch:1:1: a whole document is deleted by its apiVersion and kind, and apiVersion is "
	      "missing; the document of `machine:` cannot be deleted");
	fails("{machine: {}}\n---\n" HOST, "{apiVersion: v1alpha1, $patch: delete}",
	      "patch:1:1: a whole document is deleted by its apiVersion and kind, and kind is "
	      "missing; the document of `machine:` cannot be deleted");
}

static void test_directives_that_are_none(void **state)
{
	fails(TWO, "{machine: {seccompProfiles: [{$patch: delete}]}}",
	      "patch:1:30: machine.seccompProfiles[0]: no key says which entry is to be deleted: add "
	      "one, as `name: x`");
	fails(TWO, "{machine: {seccompProfiles: [{name: a, $patch: replace}]}}",
	      "patch:1:40: machine.seccompProfiles[0].$patch: the only directive is `$patch: "
	      "delete`");
	fails(TWO, "{machine: {seccompProfiles: [{name: a, $patch: Delete}]}}",
	      "patch:1:40: machine.seccompProfiles[0].$patch: the only directive is `$patch: "
	      "delete`");
	fails(TWO, "{machine: {network: {$patch: replace}}}",
	      "patch:1:22: machine.network.$patch: the only directive is `$patch: delete`");
	fails(TWO, "{machine: {files: [{path: x, sub: {$patch: [delete]}}]}}",
	      "patch:1:36: machine.files[0].sub.$patch: the only directive is `$patch: delete`");
	fails(TWO, "{machine: {seccompProfiles: [{name: a, value: {x: {$patch: delete}}}]}}",
	      "patch:1:51: machine.seccompProfiles[0].value.x: nothing inside a list entry can be "
	      "deleted: write the entry anew");
	fails(TWO,
	      "{machine: {seccompProfiles: [{name: a, value: {s: [{n: 1, $patch: delete}]}}]}}",
	      "patch:1:52: machine.seccompProfiles[0].value.s[0]: nothing inside a list entry can be "
	      "deleted: write the entry anew");
	/* In a value it is a key like any other. */
	applies("{machine: {}}",
	        "{machine: {seccompProfiles: [{name: a, value: {$patch: replace}}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: {$patch: replace}}]}}");
	applies("{machine: {kubelet: {extraConfig: {a: 1}}}}",
	        "{machine: {kubelet: {extraConfig: {$patch: replace}}}}",
	        "{machine: {kubelet: {extraConfig: {a: 1, $patch: replace}}}}");
}

static void test_all_errors(void **state)
{
	_cleanup_(stream_freep) struct stream *before = patching_read("config", CONFIG);
	_cleanup_(stream_freep) struct stream *patch =
		patching_read("patch", "machine:\n"
	                               "  certSANs: x\n"
	                               "  kubelet: {extraConfig: {n: a, s: null}}\n"
	                               "---\n"
	                               "kind: X\n"
	                               "---\n"
	                               "- x\n");
	_cleanup_(diag_deinit) struct diag diag = DIAG_INIT;
	_cleanup_(edit_freep) struct edit *edit = NULL;

	assert_int_equal(edit_new(before, &edit), 0);
	assert_int_equal(strategic_merge(edit, patch, &diag), STRATEGIC_MERGE_E_INVALID);
	assert_int_equal(diag.n_errors, 5);
	assert_ptr_equal(edit->documents[0].root, before->documents[0].root);
}

static void test_merge_keys(void **state)
{
	/* In the config: what is inherited can be changed, and only here. */
	applies("{x: &x {a: 1, m: {b: 1}}, machine: {<<: *x, c: 3}}",
	        "{machine: {a: 2, m: {d: 4}}}",
	        "{x: {a: 1, m: {b: 1}}, machine: {a: 2, m: {b: 1, d: 4}, c: 3}}");
	/* In the patch. */
	applies("{machine: {a: 1}}", "{machine: {<<: {a: 2, b: 3}, b: 4}}",
	        "{machine: {a: 2, b: 4}}");
	/* An entry of the list that is an alias, or has its name from one. */
	applies("{x: &x {name: a, value: {v: 1}}, machine: {seccompProfiles: [*x, {<<: *x, name: b}]}}",
	        "{machine: {seccompProfiles: [{name: a, value: {v: 2}}, {name: b, value: {v: 3}}]}}",
	        "{x: {name: a, value: {v: 1}}, machine: {seccompProfiles: [{name: a, value: {v: 2}}, "
	        "{name: b, value: {v: 3}}]}}");
	applies("{apiVersion: v1, kind: ImageVerificationConfig, x: &x {image: a, skip: true}, rules: "
	        "[{<<: *x}]}",
	        "{apiVersion: v1, kind: ImageVerificationConfig, rules: [{image: a, deny: true}]}",
	        "{apiVersion: v1, kind: ImageVerificationConfig, x: {image: a, skip: true}, rules: "
	        "[{image: a, deny: true}]}");
	/* A quoted one is a key. */
	applies("{machine: {\"<<\": 1}}", "{machine: {\"<<\": 2}}", "{machine: {\"<<\": 2}}");
}

/* Large mappings and lists have indexes: they find what the small ones find. */
static void test_large(void **state)
{
	_cleanup_(buffer_deinit) struct buffer config = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer patch = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer expected = BUFFER_INIT;
	struct buffer *buffers[] = { &config, &patch, &expected };

	for (size_t i = 0; i < 3; i++)
		buffer_append_string(buffers[i], "machine:\n  seccompProfiles:\n");
	for (int i = 0; i < 3000; i++) {
		buffer_printf(&config, "  - {name: p%d, value: {v: %d}}\n", i, i);
		buffer_printf(&patch, "  - {name: p%d, value: {v: %d}}\n", 3999 - i, i);
		buffer_printf(&expected, "  - {name: p%d, value: {v: %d}}\n", i,
		              i < 1000 ? i : 3999 - i);
	}
	for (int i = 0; i < 1000; i++)
		buffer_printf(&expected, "  - {name: p%d, value: {v: %d}}\n", 3999 - i, i);
	for (int i = 0; i < 100; i++) {
		buffer_printf(&config, "  k%d: %d\n", i, i);
		buffer_printf(&patch, "  k%d: %s\n", i + 50, i < 20 ? "{$patch: delete}" : "7");
		if (i < 50)
			buffer_printf(&expected, "  k%d: %d\n", i, i);
		if (i >= 20)
			buffer_printf(&expected, "  k%d: 7\n", i + 50);
	}
	applies(config.data, patch.data, expected.data);
}

/* As many new keys as old ones: looking for a merge key at each took minutes. */
static void test_many_new_keys(void **state)
{
	_cleanup_(buffer_deinit) struct buffer config = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer patch = BUFFER_INIT;
	_cleanup_(buffer_deinit) struct buffer expected = BUFFER_INIT;

	buffer_append_string(&config, "machine:\n");
	buffer_append_string(&patch, "machine:\n");
	for (int i = 0; i < 100000; i++) {
		buffer_printf(&config, "  a%d: 1\n", i);
		buffer_printf(&patch, "  b%d: 1\n", i);
	}
	buffer_append(&expected, config.data, config.n_data);
	buffer_append_string(&expected, patch.data + strlen("machine:\n"));
	applies(config.data, patch.data, expected.data);
}

static void test_common_config(void **state)
{
	merges("{machine: {certSANs: [b], kubelet: {extraConfig: {map: {b: 2}}}}, debug: false}",
	       "{debug: false, machine: {type: worker, certSANs: [a, b], sysctls: {x: 1, y: 2}, "
	       "kubelet: {extraArgs: {a: x, l: [1]}, extraConfig: {n: 110, flag: true, list: [1], "
	       "map: {a: 1, b: 2}, s: s, e: null}}}}");
	merges("{version: v1alpha1, machine: {}}", CONFIG "version: v1alpha1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_null_says_nothing),
		cmocka_unit_test(test_mappings_and_lists),
		cmocka_unit_test(test_replaced_places),
		cmocka_unit_test(test_strings_and_arguments),
		cmocka_unit_test(test_free_form),
		cmocka_unit_test(test_profiles_merge_by_name),
		cmocka_unit_test(test_profiles_share_what_stays),
		cmocka_unit_test(test_profiles_of_one_list),
		cmocka_unit_test(test_keyed_lists),
		cmocka_unit_test(test_distinct_entries_are_there_once),
		cmocka_unit_test(test_all_that_match_are_deleted),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_delete_keys),
		cmocka_unit_test(test_delete_entries),
		cmocka_unit_test(test_delete_documents),
		cmocka_unit_test(test_directives_that_are_none),
		cmocka_unit_test(test_all_errors),
		cmocka_unit_test(test_merge_keys),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_many_new_keys),
		cmocka_unit_test(test_common_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
