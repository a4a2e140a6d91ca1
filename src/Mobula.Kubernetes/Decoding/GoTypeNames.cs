using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Decoding;

/// <summary>The names that Go gives to the types of fields; error texts show them.</summary>
internal static class GoTypeNames
{
    /// <summary>Types of texts by the names of their fields: alone, or after the struct where the name alone says too little.</summary>
    private static readonly Dictionary<string, string> NamedTexts = new()
    {
        ["ObjectMeta.uid"] = "types.UID",
        ["OwnerReference.uid"] = "types.UID",
        ["ObjectReference.uid"] = "types.UID",
        ["StatusDetails.uid"] = "types.UID",
        ["Preconditions.uid"] = "types.UID",
        ["ServiceSpec.type"] = "v1.ServiceType",
        ["LimitRangeItem.type"] = "v1.LimitType",
        ["Secret.type"] = "v1.SecretType",
        ["HostPathVolumeSource.type"] = "v1.HostPathType",
        ["SeccompProfile.type"] = "v1.SeccompProfileType",
        ["AppArmorProfile.type"] = "v1.AppArmorProfileType",
        ["DeploymentStrategy.type"] = "v1.DeploymentStrategyType",
        ["StatefulSetUpdateStrategy.type"] = "v1.StatefulSetUpdateStrategyType",
        ["DaemonSetUpdateStrategy.type"] = "v1.DaemonSetUpdateStrategyType",
        ["MetricSpec.type"] = "v2.MetricSourceType",
        ["MetricTarget.type"] = "v2.MetricTargetType",
        ["PodCondition.type"] = "v1.PodConditionType",
        ["NodeCondition.type"] = "v1.NodeConditionType",
        ["PodStatus.phase"] = "v1.PodPhase",
        ["NamespaceStatus.phase"] = "v1.NamespacePhase",
        ["PersistentVolumeStatus.phase"] = "v1.PersistentVolumePhase",
        ["PersistentVolumeClaimStatus.phase"] = "v1.PersistentVolumeClaimPhase",
        ["Container.restartPolicy"] = "v1.ContainerRestartPolicy",
        ["Toleration.operator"] = "v1.TolerationOperator",
        ["LabelSelectorRequirement.operator"] = "v1.LabelSelectorOperator",
        ["NodeSelectorRequirement.operator"] = "v1.NodeSelectorOperator",
        ["ScopedResourceSelectorRequirement.operator"] = "v1.ScopeSelectorOperator",
        ["Capabilities.add"] = "v1.Capability",
        ["Capabilities.drop"] = "v1.Capability",
        ["ResourceQuotaSpec.scopes"] = "v1.ResourceQuotaScope",
        ["NamespaceSpec.finalizers"] = "v1.FinalizerName",
        ["CustomResourceDefinitionSpec.scope"] = "v1.ResourceScope",
        ["EmptyDirVolumeSource.medium"] = "v1.StorageMedium",
        ["RuleWithOperations.operations"] = "v1.OperationType",
        ["NamedRuleWithOperations.operations"] = "v1.OperationType",
        ["imagePullPolicy"] = "v1.PullPolicy",
        ["pullPolicy"] = "v1.PullPolicy",
        ["protocol"] = "v1.Protocol",
        ["restartPolicy"] = "v1.RestartPolicy",
        ["dnsPolicy"] = "v1.DNSPolicy",
        ["terminationMessagePolicy"] = "v1.TerminationMessagePolicy",
        ["sessionAffinity"] = "v1.ServiceAffinity",
        ["externalTrafficPolicy"] = "v1.ServiceExternalTrafficPolicy",
        ["internalTrafficPolicy"] = "v1.ServiceInternalTrafficPolicy",
        ["ipFamilyPolicy"] = "v1.IPFamilyPolicy",
        ["ipFamilies"] = "v1.IPFamily",
        ["concurrencyPolicy"] = "v1.ConcurrencyPolicy",
        ["scheme"] = "v1.URIScheme",
        ["pathType"] = "v1.PathType",
        ["addressType"] = "v1.AddressType",
        ["accessModes"] = "v1.PersistentVolumeAccessMode",
        ["volumeMode"] = "v1.PersistentVolumeMode",
        ["persistentVolumeReclaimPolicy"] = "v1.PersistentVolumeReclaimPolicy",
        ["reclaimPolicy"] = "v1.PersistentVolumeReclaimPolicy",
        ["volumeBindingMode"] = "v1.VolumeBindingMode",
        ["preemptionPolicy"] = "v1.PreemptionPolicy",
        ["policyTypes"] = "v1.PolicyType",
        ["podManagementPolicy"] = "v1.PodManagementPolicyType",
        ["completionMode"] = "v1.CompletionMode",
        ["podReplacementPolicy"] = "v1.PodReplacementPolicy",
        ["failurePolicy"] = "v1.FailurePolicyType",
        ["matchPolicy"] = "v1.MatchPolicyType",
        ["sideEffects"] = "v1.SideEffectClass",
        ["reinvocationPolicy"] = "v1.ReinvocationPolicyType",
        ["scope"] = "v1.ScopeType",
        ["mountPropagation"] = "v1.MountPropagationMode",
        ["recursiveReadOnly"] = "v1.RecursiveReadOnlyMode",
        ["procMount"] = "v1.ProcMountType",
        ["fsGroupChangePolicy"] = "v1.PodFSGroupChangePolicy",
        ["supplementalGroupsPolicy"] = "v1.SupplementalGroupsPolicy",
        ["effect"] = "v1.TaintEffect",
        ["whenUnsatisfiable"] = "v1.UnsatisfiableConstraintAction",
        ["nodeAffinityPolicy"] = "v1.NodeInclusionPolicy",
        ["nodeTaintsPolicy"] = "v1.NodeInclusionPolicy",
        ["unhealthyPodEvictionPolicy"] = "v1.UnhealthyPodEvictionPolicyType",
        ["selectPolicy"] = "v2.ScalingPolicySelect",
        ["whenDeleted"] = "v1.PersistentVolumeClaimRetentionPolicyType",
        ["whenScaled"] = "v1.PersistentVolumeClaimRetentionPolicyType",
    };

    /// <summary>The short name of a struct: <c>PodSpec</c>.</summary>
    public static string Struct(TypeSchema schema) => schema.Name is { } name ? name[(name.LastIndexOf('.') + 1)..] : "";

    /// <summary>The name of a type.</summary>
    /// <param name="schema">The type.</param>
    /// <param name="owner">The struct that has the field.</param>
    /// <param name="field">The field; empty for a map's values.</param>
    public static string Of(TypeSchema schema, string owner, string field) => schema switch
    {
        { Special: SpecialType.Quantity } => "resource.Quantity",
        { Type: SchemaType.IntOrString } => "int32",
        { Name: { } name } when schema.Type == SchemaType.Object => Package(name) + Struct(schema),
        { IsMap: true, AdditionalProperties.Special: SpecialType.Quantity } => "v1.ResourceList",
        { IsMap: true } => $"map[string]{Of(schema.AdditionalProperties!, owner, "")}",
        { Type: SchemaType.Array } => $"[]{Of(schema.Items ?? TypeSchema.Any, owner, field)}",
        { Type: SchemaType.String, Format: "byte" } => "[]uint8",
        { Type: SchemaType.String } => NamedTexts.GetValueOrDefault($"{owner}.{field}") ?? NamedTexts.GetValueOrDefault(field, "string"),
        { Type: SchemaType.Integer } => schema.Format ?? "int64",
        { Type: SchemaType.Number } => "float64",
        { Type: SchemaType.Boolean } => "bool",
        _ => "interface {}",
    };

    private static string Package(string name) => name.Split('.')[^2] + ".";
}
