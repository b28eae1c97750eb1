/* SPDX-License-Identifier: Apache-2.0 */

#include "merge_rules.h"

#include <string.h>

#define V1ALPHA1 "v1alpha1"

static const struct merge_rule rules[] = {
	{ V1ALPHA1, "machine.seccompProfiles", MERGE_KEYED_LAST, { "name" } }, /* D1 */
	{ V1ALPHA1, "machine.seccompProfiles.[].value", MERGE_FREE },
	{ V1ALPHA1, "machine.seccompDeny", MERGE_DISTINCT, { "reason" } }, /* this project's own */
	{ V1ALPHA1, "machine.network.interfaces", MERGE_KEYED, { "interface", "deviceSelector" } },
	{ V1ALPHA1, "machine.network.interfaces.[].vlans", MERGE_KEYED, { "vlanId" } },
	{ V1ALPHA1, "machine.network.kubespan.mtu", MERGE_OVERRIDE },
	{ V1ALPHA1, "machine.kubelet.extraConfig", MERGE_FREE },
	{ V1ALPHA1, "machine.kubelet.credentialProviderConfig", MERGE_FREE },
	{ V1ALPHA1, "machine.kubelet.extraArgs", MERGE_OVERRIDE },
	{ V1ALPHA1, "machine.baseRuntimeSpecOverrides", MERGE_FREE },
	{ V1ALPHA1, "machine.env", MERGE_STRINGS },
	{ V1ALPHA1, "machine.sysctls", MERGE_STRINGS },
	{ V1ALPHA1, "machine.sysfs", MERGE_STRINGS },
	{ V1ALPHA1, "machine.nodeLabels", MERGE_STRINGS },
	{ V1ALPHA1, "machine.nodeAnnotations", MERGE_STRINGS },
	{ V1ALPHA1, "machine.nodeTaints", MERGE_STRINGS },
	{ V1ALPHA1, "cluster.network.podSubnets", MERGE_REPLACE },
	{ V1ALPHA1, "cluster.network.serviceSubnets", MERGE_REPLACE },
	{ V1ALPHA1, "cluster.extraManifestHeaders", MERGE_STRINGS },
	{ V1ALPHA1, "cluster.apiServer.admissionControl", MERGE_KEYED, { "name" } },
	{ V1ALPHA1, "cluster.apiServer.admissionControl.[].configuration", MERGE_FREE },
	{ V1ALPHA1, "cluster.apiServer.auditPolicy", MERGE_REPLACE },
	{ V1ALPHA1, "cluster.apiServer.env", MERGE_STRINGS },
	{ V1ALPHA1, "cluster.apiServer.extraArgs", MERGE_OVERRIDE },
	{ V1ALPHA1, "cluster.apiServer.resources.requests", MERGE_FREE },
	{ V1ALPHA1, "cluster.apiServer.resources.limits", MERGE_FREE },
	{ V1ALPHA1, "cluster.controllerManager.env", MERGE_STRINGS },
	{ V1ALPHA1, "cluster.controllerManager.extraArgs", MERGE_OVERRIDE },
	{ V1ALPHA1, "cluster.controllerManager.resources.requests", MERGE_FREE },
	{ V1ALPHA1, "cluster.controllerManager.resources.limits", MERGE_FREE },
	{ V1ALPHA1, "cluster.proxy.extraArgs", MERGE_OVERRIDE },
	{ V1ALPHA1, "cluster.scheduler.config", MERGE_FREE },
	{ V1ALPHA1, "cluster.scheduler.env", MERGE_STRINGS },
	{ V1ALPHA1, "cluster.scheduler.extraArgs", MERGE_OVERRIDE },
	{ V1ALPHA1, "cluster.scheduler.resources.requests", MERGE_FREE },
	{ V1ALPHA1, "cluster.scheduler.resources.limits", MERGE_FREE },
	{ V1ALPHA1, "cluster.etcd.extraArgs", MERGE_OVERRIDE },

	{ "BGPInstanceConfig", "advertise", MERGE_REPLACE },
	{ "BGPInstanceConfig", "importRoutes", MERGE_REPLACE },
	{ "BGPInstanceConfig", "neighbors", MERGE_REPLACE },
	{ "CRIBaseRuntimeSpecConfig", "overrides", MERGE_REPLACE },
	{ "EnvironmentConfig", "variables", MERGE_STRINGS },
	{ "ExtensionServiceConfig", "configFiles", MERGE_KEYED, { "mountPath" } },
	{ "ImageVerificationConfig", "rules", MERGE_KEYED_LAST, { "image" } },
	{ "KubeAPIServerConfig", "env", MERGE_STRINGS },
	{ "KubeAPIServerConfig", "extraArgs", MERGE_OVERRIDE },
	{ "KubeAPIServerConfig", "resources.requests", MERGE_FREE },
	{ "KubeAPIServerConfig", "resources.limits", MERGE_FREE },
	{ "KubeAdmissionControlConfig", "configuration", MERGE_FREE },
	{ "KubeAuditPolicyConfig", "configuration", MERGE_REPLACE },
	{ "KubeAuthenticationConfig", "configuration", MERGE_REPLACE },
	{ "KubeAuthorizerConfig", "webhook", MERGE_FREE },
	{ "KubeControllerManagerConfig", "env", MERGE_STRINGS },
	{ "KubeControllerManagerConfig", "extraArgs", MERGE_OVERRIDE },
	{ "KubeControllerManagerConfig", "resources.requests", MERGE_FREE },
	{ "KubeControllerManagerConfig", "resources.limits", MERGE_FREE },
	{ "KubeCredentialProviderConfig", "configuration", MERGE_REPLACE },
	{ "KubeEtcdEncryptionConfig", "config", MERGE_FREE },
	{ "KubeExternalManifestConfig", "headers", MERGE_STRINGS },
	{ "KubeFlannelCNIConfig", "backendExtraConfig", MERGE_FREE },
	{ "KubeFlannelCNIConfig", "resources.requests", MERGE_FREE },
	{ "KubeFlannelCNIConfig", "resources.limits", MERGE_FREE },
	{ "KubeNetworkConfig", "podSubnets", MERGE_REPLACE },
	{ "KubeNetworkConfig", "serviceSubnets", MERGE_REPLACE },
	{ "KubeNodeConfig", "labels", MERGE_STRINGS },
	{ "KubeNodeConfig", "annotations", MERGE_STRINGS },
	{ "KubeNodeConfig", "taints", MERGE_STRINGS },
	{ "KubeProxyConfig", "config", MERGE_FREE },
	{ "KubeProxyConfig", "extraArgs", MERGE_OVERRIDE },
	{ "KubeProxyConfig", "resources.requests", MERGE_FREE },
	{ "KubeProxyConfig", "resources.limits", MERGE_FREE },
	{ "KubeSchedulerConfig", "config", MERGE_FREE },
	{ "KubeSchedulerConfig", "env", MERGE_STRINGS },
	{ "KubeSchedulerConfig", "extraArgs", MERGE_OVERRIDE },
	{ "KubeSchedulerConfig", "resources.requests", MERGE_FREE },
	{ "KubeSchedulerConfig", "resources.limits", MERGE_FREE },
	{ "KubeStaticPodConfig", "pod", MERGE_REPLACE },
	{ "KubeletConfig", "config", MERGE_FREE },
	{ "KubeletConfig", "extraArgs", MERGE_OVERRIDE },
	{ "NetworkRuleConfig", "ingress", MERGE_REPLACE },
	{ "NetworkRuleConfig", "portSelector.ports", MERGE_REPLACE },
	{ "SysctlConfig", "params", MERGE_STRINGS },
	{ "SysfsConfig", "params", MERGE_STRINGS },
};

static bool part_matches(const struct path *path, const char *part, size_t n_part)
{
	if (!path->key)
		return n_part == 2 && memcmp(part, "[]", 2) == 0;
	return strlen(path->key) == n_part && memcmp(path->key, part, n_part) == 0;
}

/* From the last part to the first, as the chain goes. */
static bool path_matches(const struct path *path, const char *pattern)
{
	const char *end = pattern + strlen(pattern);

	while (path) {
		const char *begin = end;

		while (begin > pattern && begin[-1] != '.')
			begin--;
		if (!part_matches(path, begin, (size_t)(end - begin)))
			return false;
		path = path->up;
		if (begin == pattern)
			return !path;
		end = begin - 1;
	}
	return false;
}

const struct merge_rule *merge_rule_find(const char *kind, const struct path *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (strcmp(rules[i].kind, kind) == 0 && path_matches(path, rules[i].path))
			return &rules[i];
	}
	return NULL;
}
