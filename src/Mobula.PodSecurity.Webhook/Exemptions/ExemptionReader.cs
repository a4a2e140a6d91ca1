using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Names;
using Mobula.Kubernetes.Yaml;

namespace Mobula.PodSecurity.Webhook.Exemptions;

/// <summary>Reads the exemptions of a ConfigMap: each key of its data is one, in YAML. What is not understood whole exempts nothing.</summary>
internal static class ExemptionReader
{
    /// <summary>Marks the ConfigMaps that hold exemptions.</summary>
    public const string Label = "mobula.dev/pod-security-exemptions";

    private static readonly string[] Fields = ["namespace", "workload", "owner", "reason", "expires"];

    public static (IReadOnlyList<WorkloadExemption> Exemptions, IReadOnlyList<InvalidExemption> Invalid) Read(JsonObject configMap)
    {
        List<WorkloadExemption> exemptions = [];
        List<InvalidExemption> invalid = [];
        foreach (var (key, text) in configMap.TextMap("data"))
        {
            var id = $"{configMap.Name}/{key}";
            try
            {
                exemptions.Add(ReadEntry(id, text));
            }
            catch (FormatException e)
            {
                invalid.Add(new(id, e.Message));
            }
        }
        foreach (var (key, _) in configMap.Object("binaryData") ?? [])
        {
            invalid.Add(new($"{configMap.Name}/{key}", "it is binary; write it as text under data"));
        }
        return (exemptions, invalid);
    }

    private static WorkloadExemption ReadEntry(string id, string text)
    {
        var entry = Parse(text);
        List<string> problems = [];
        var unknown = entry.Select(m => m.Key).Where(k => !Fields.Contains(k)).ToList();
        if (unknown.Count > 0) problems.Add($"unknown field {string.Join(", ", unknown)} (known: {string.Join(", ", Fields)})");
        string Field(string name)
        {
            var value = Scalar(entry[name]).Trim();
            if (value.Length == 0) problems.Add($"{name} is missing");
            return value;
        }
        var (ns, workload, owner, reason, expires) = (Field("namespace"), Field("workload"), Field("owner"), Field("reason"), Field("expires"));
        if (ns.Length > 0 && NameValidation.IsDns1123Label(ns) is { Count: > 0 }) problems.Add($"namespace: \"{ns}\" is no name of a namespace; one entry is for one namespace");
        WorkloadReference reference = default;
        if (workload.Length > 0 && !WorkloadReference.TryParse(workload, out reference)) problems.Add($"workload: \"{workload}\" is not of the form {WorkloadReference.Form}");
        var end = default(DateTimeOffset);
        if (expires.Length > 0 && !TryReadEnd(expires, out end)) problems.Add($"expires: \"{expires}\" is no date; write 2027-01-31 (to the end of that day, UTC) or 2027-01-31T12:00:00Z");
        if (problems.Count > 0) throw new FormatException(string.Join("; ", problems));
        return new(id, ns, reference, owner, reason, end, expires);
    }

    private static JsonObject Parse(string text)
    {
        var source = YamlSource.Read(text);
        if (source.Error is { } error) throw new FormatException($"line {error.Position.Line}: {error.Problem}");
        List<DuplicateKey> duplicates = [];
        if (source.Documents.Count != 1) throw new FormatException($"one YAML object is expected, not {source.Documents.Count}");
        JsonNode? node;
        try
        {
            node = YamlJson.Convert(source.Documents[0], duplicates);
        }
        catch (YamlSyntaxException e)
        {
            throw new FormatException($"line {e.Position.Line}: {e.Problem}");
        }
        if (duplicates.Count > 0) throw new FormatException($"line {duplicates[0].Position.Line}: {duplicates[0].Key} is given twice");
        return node as JsonObject ?? throw new FormatException($"an object with the fields {string.Join(", ", Fields)} is expected");
    }

    private static string Scalar(JsonNode? node) => node is JsonValue value
        ? value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString()
        : "";

    private static bool TryReadEnd(string text, out DateTimeOffset end)
    {
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day < DateOnly.MaxValue)
        {
            end = new(day.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero);
            return true;
        }
        return DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out end);
    }
}
