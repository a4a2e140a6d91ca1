using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Decoding;

/// <summary>The names that Go gives to the types of fields; error texts show them.</summary>
internal static class GoTypeNames
{

    /// <summary>The short name of a struct: <c>PodSpec</c>.</summary>
    public static string Struct(TypeSchema schema) => schema.Name is { } name ? name[(name.LastIndexOf('.') + 1)..] : "";

    public static string Of(TypeSchema schema, string? field = null) => schema switch
    {
        { Special: SpecialType.Quantity } => "resource.Quantity",
        { Type: SchemaType.IntOrString } => "int32",
        { Name: { } name } when schema.Type == SchemaType.Object => Package(name) + Struct(schema),
        { IsMap: true } => $"map[string]{Of(schema.AdditionalProperties!)}",
        { Type: SchemaType.Array } => $"[]{Of(schema.Items ?? TypeSchema.Any)}",
        { Type: SchemaType.String, Format: "byte" } => "[]uint8",
        { Type: SchemaType.String } => schema.Enum is null || field is null ? "string" : NamedString(field),
        { Type: SchemaType.Integer } => schema.Format ?? "int64",
        { Type: SchemaType.Number } => "float64",
        { Type: SchemaType.Boolean } => "bool",
        _ => "interface {}",
    };

    private static string NamedString(string field) => field switch
    {
        "imagePullPolicy" or "pullPolicy" => "v1.PullPolicy",
        "protocol" => "v1.Protocol",
        "restartPolicy" => "v1.RestartPolicy",
        "dnsPolicy" => "v1.DNSPolicy",
        "terminationMessagePolicy" => "v1.TerminationMessagePolicy",
        "sessionAffinity" => "v1.ServiceAffinity",
        "concurrencyPolicy" => "v1.ConcurrencyPolicy",
        "scheme" => "v1.URIScheme",
        "pathType" => "v1.PathType",
        "phase" => "v1.PodPhase",
        "accessModes" => "v1.PersistentVolumeAccessMode",
        "volumeMode" => "v1.PersistentVolumeMode",
        "preemptionPolicy" => "v1.PreemptionPolicy",
        "policyTypes" => "v1.PolicyType",
        _ => "string",
    };

    private static string Package(string name)
    {
        var parts = name.Split('.');
        return parts[^2] + ".";
    }
}
