using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Admission;

/// <summary>A configuration that Kubernetes would refuse at start.</summary>
/// <param name="message">Why, in Kubernetes' words.</param>
/// <param name="isDecoding">Whether the document could not be read at all, rather than asks for what is not accepted.</param>
public sealed class PodSecurityConfigurationException(string message, bool isDecoding) : Exception(message)
{
    /// <summary>Whether the document could not be read at all, rather than asks for what is not accepted.</summary>
    public bool IsDecoding { get; } = isDecoding;
}

/// <summary>
/// The defaults and exemptions of the admission: the document <c>PodSecurityConfiguration</c> of
/// <c>pod-security.admission.config.k8s.io</c> (v1, v1beta1 or v1alpha1).
/// </summary>
public sealed partial class PodSecurityConfiguration
{
    private const string Group = "pod-security.admission.config.k8s.io";
    private static readonly string[] Modes = ["enforce", "audit", "warn"];

    private PodSecurityConfiguration(NamespacePolicy defaults, IReadOnlySet<string> userNames, IReadOnlySet<string> namespaces, IReadOnlySet<string> runtimeClasses)
    {
        Defaults = defaults;
        ExemptUserNames = userNames;
        ExemptNamespaces = namespaces;
        ExemptRuntimeClasses = runtimeClasses;
    }

    /// <summary>What holds without a configuration: privileged, and no exemptions.</summary>
    public static PodSecurityConfiguration Default { get; } = new(default, new HashSet<string>(), new HashSet<string>(), new HashSet<string>());

    /// <summary>What holds for a namespace without labels.</summary>
    public NamespacePolicy Defaults { get; }

    /// <summary>Users whose requests are not judged.</summary>
    public IReadOnlySet<string> ExemptUserNames { get; }

    /// <summary>Namespaces in which nothing is judged.</summary>
    public IReadOnlySet<string> ExemptNamespaces { get; }

    /// <summary>Runtime classes whose pods are not judged.</summary>
    public IReadOnlySet<string> ExemptRuntimeClasses { get; }

    /// <summary>Reads the document.</summary>
    /// <exception cref="PodSecurityConfigurationException">It is not accepted; the message is Kubernetes'.</exception>
    public static PodSecurityConfiguration Read(JsonObject document)
    {
        CheckType(document);
        CheckFields(document, "", "apiVersion", "kind", "defaults", "exemptions");
        var defaults = Section(document, "defaults", "PodSecurityDefaults");
        var exemptions = Section(document, "exemptions", "PodSecurityExemptions");
        CheckFields(defaults, "defaults.", "enforce", "enforce-version", "audit", "audit-version", "warn", "warn-version");
        CheckFields(exemptions, "exemptions.", "usernames", "namespaces", "runtimeClasses");

        List<string> errors = [];
        var modes = Modes.Select(mode => ReadMode(defaults, mode, errors)).ToArray();
        if (errors.Count > 0) throw new PodSecurityConfigurationException($"PodSecurity configuration error: {InvalidField.Aggregate(errors)}", isDecoding: false);

        var namespaces = ReadExemptions(exemptions, "namespaces", NamespaceErrors, errors);
        var runtimeClasses = ReadExemptions(exemptions, "runtimeClasses", RuntimeClassErrors, errors);
        var userNames = ReadExemptions(exemptions, "usernames", name => name.Length == 0 ? "username must not be empty" : null, errors);
        if (errors.Count > 0) throw new PodSecurityConfigurationException($"PodSecurity invalid: {InvalidField.Aggregate(errors)}", isDecoding: false);
        return new(new(modes[0], modes[1], modes[2]), userNames, namespaces, runtimeClasses);
    }

    private static void CheckType(JsonObject document)
    {
        if (document.Kind.Length == 0) throw new PodSecurityConfigurationException($"Object 'Kind' is missing in '{Printed(document)}'", isDecoding: true);
        if (document.ApiVersion.Length == 0) throw new PodSecurityConfigurationException($"Object 'apiVersion' is missing in '{Printed(document)}'", isDecoding: true);
        if (document.Kind == "PodSecurityConfiguration" && document.ApiVersion is $"{Group}/v1" or $"{Group}/v1beta1" or $"{Group}/v1alpha1") return;
        throw new PodSecurityConfigurationException(
            $"no kind \"{document.Kind}\" is registered for version \"{document.ApiVersion}\" in scheme \"pkg/runtime/scheme.go:111\"", isDecoding: true);
    }

    private static string Printed(JsonObject document) => System.Text.Encoding.UTF8.GetString(document.ToUtf8());

    private static JsonObject Section(JsonObject document, string name, string type) => document[name] switch
    {
        null => [],
        JsonObject section => section,
        var other => throw new PodSecurityConfigurationException(
            $"json: cannot unmarshal {GoKind(other)} into Go struct field PodSecurityConfiguration.{name} of type v1.{type}", isDecoding: true),
    };

    private static string GoKind(JsonNode node) => node.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.Array => "array",
        System.Text.Json.JsonValueKind.Object => "object",
        System.Text.Json.JsonValueKind.String => "string",
        System.Text.Json.JsonValueKind.Number => "number",
        _ => "bool",
    };

    private static void CheckFields(JsonObject section, string prefix, params ReadOnlySpan<string> known)
    {
        List<string> unknown = [];
        foreach (var (name, _) in section)
        {
            if (!known.Contains(name)) unknown.Add($"unknown field \"{prefix}{name}\"");
        }
        if (unknown.Count > 0) throw new PodSecurityConfigurationException($"strict decoding error: {string.Join(", ", unknown)}", isDecoding: true);
    }

    private static LevelVersion ReadMode(JsonObject defaults, string mode, List<string> errors)
    {
        var level = PodSecurityLevel.Privileged;
        var version = PodSecurityVersion.Latest;
        if (ReadText(defaults, mode) is { Length: > 0 } levelText && !PodSecurityLevels.TryParse(levelText, out level))
        {
            errors.Add($"{mode}: {PodSecurityLevels.Expected}");
        }
        if (ReadText(defaults, $"{mode}-version") is { Length: > 0 } versionText && !PodSecurityVersion.TryParse(versionText, out version))
        {
            errors.Add($"{mode}-version: {PodSecurityVersion.Expected}");
        }
        return new(level, version);
    }

    private static string? ReadText(JsonObject section, string field) => section[field] is not { } value || value.GetValueKind() == System.Text.Json.JsonValueKind.String
        ? section.Text(field)
        : throw new PodSecurityConfigurationException(
            $"json: cannot unmarshal {GoKind(value)} into Go struct field PodSecurityDefaults.defaults.{field} of type string", isDecoding: true);

    private static HashSet<string> ReadExemptions(JsonObject exemptions, string field, Func<string, string?> refuse, List<string> errors)
    {
        HashSet<string> accepted = new(StringComparer.Ordinal);
        if (exemptions[field] is not { } value) return accepted;
        if (value is not JsonArray list)
        {
            throw new PodSecurityConfigurationException(
                $"json: cannot unmarshal {GoKind(value)} into Go struct field PodSecurityExemptions.exemptions.{field} of type []string", isDecoding: true);
        }
        for (var i = 0; i < list.Count; i++)
        {
            var name = list[i] is JsonValue text && text.TryGetValue(out string? s) ? s : "";
            var path = $"exemptions.{field}[{i}]";
            if (refuse(name) is { } expected) errors.Add(new InvalidField(path, name, expected).ToString());
            else if (!accepted.Add(name)) errors.Add($"{path}: Duplicate value: \"{name}\"");
        }
        return accepted;
    }

    private static string? NamespaceErrors(string name)
    {
        const string syntax = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
            "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
        List<string> errors = [];
        if (name.Length > 63) errors.Add("must be no more than 63 bytes");
        if (!Label().IsMatch(name)) errors.Add(Subdomain().IsMatch(name) ? "must not contain dots" : syntax);
        return errors.Count == 0 ? null : string.Join(", ", errors);
    }

    private static string? RuntimeClassErrors(string name)
    {
        const string syntax = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
            "with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        List<string> errors = [];
        if (name.Length > 253) errors.Add("must be no more than 253 bytes");
        if (!Subdomain().IsMatch(name)) errors.Add(syntax);
        return errors.Count == 0 ? null : string.Join(", ", errors);
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();
}
