using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Yaml;

namespace Mobula.Audit;

/// <summary>Reads and validates a policy file. What Kubernetes refuses is refused in its words, with the place in the file besides.</summary>
public static partial class AuditPolicyReader
{
    private const string ApiVersion = "audit.k8s.io/v1";

    private static readonly string[] TypeFields = ["apiVersion", "kind", "metadata"];
    private static readonly string[] PolicyFields = ["apiVersion", "kind", "metadata", "rules", "omitStages", "omitManagedFields"];
    private static readonly string[] RuleFields =
        ["level", "users", "userGroups", "verbs", "resources", "namespaces", "nonResourceURLs", "omitStages", "omitManagedFields"];
    private static readonly string[] ResourceFields = ["group", "resources", "resourceNames"];

    /// <summary>Reads a policy file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="warn">Takes what is tolerated and yet wrong: unknown fields, keys that occur twice.</param>
    /// <exception cref="AuditPolicyException">The file cannot be read, or the policy is not accepted.</exception>
    public static AuditPolicy ReadFile(string file, Action<string>? warn = null)
    {
        if (file.Length == 0) throw new AuditPolicyException("loading audit policy file: file path not specified", file);
        string yaml;
        try
        {
            yaml = File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var why = e is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : e is UnauthorizedAccessException ? "permission denied" : e.Message;
            throw new AuditPolicyException($"loading audit policy file: failed to read file path \"{file}\": open {file}: {why}", file);
        }
        return Read(yaml, file, warn);
    }

    /// <summary>Reads a policy.</summary>
    /// <param name="yaml">The file's text: YAML or JSON.</param>
    /// <param name="file">The file's name for errors.</param>
    /// <param name="warn">Takes what is tolerated and yet wrong: unknown fields, keys that occur twice.</param>
    /// <exception cref="AuditPolicyException">The policy is not accepted.</exception>
    public static AuditPolicy Read(string yaml, string file, Action<string>? warn = null)
    {
        var source = YamlSource.Read(yaml);
        if (source.Documents.Count == 0 && source.Error is { } error)
        {
            // Text that begins as JSON is read as JSON, whose errors are worded otherwise.
            var words = yaml.TrimStart().StartsWith('{') ? "couldn't get version/kind; json parse error: unexpected end of JSON input"
                : string.Create(CultureInfo.InvariantCulture, $"yaml: line {Math.Max(1, error.Position.Line - 1)}: did not find expected node content");
            throw new AuditPolicyException($"loading audit policy file: failed decoding: {words}: from file {file}", file, error.Position);
        }
        List<DuplicateKey> duplicates = [];
        var root = source.Documents.Count == 0 ? null : source.Documents[0];
        JsonNode? json;
        try
        {
            json = root is null ? null : YamlJson.Convert(root, duplicates);
        }
        catch (YamlSyntaxException e)
        {
            throw new AuditPolicyException($"loading audit policy file: failed decoding: yaml: {e.Message}: from file {file}", file, e.Position);
        }
        return new Reading(root, file).Read(json as JsonObject ?? [], duplicates, warn);
    }

    private static string SubdomainProblem() =>
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
        "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();

    private static string Quoted(string text) => JsonValue.Create(text).ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static string ListText(IReadOnlyList<string> items) => $"[{string.Join(",", items.Select(Quoted))}]";

    private sealed class Reading(YamlSourceNode? root, string file)
    {
        private readonly List<(string Text, SourcePosition? Position)> _errors = [];
        private readonly List<string> _unknown = [];

        public AuditPolicy Read(JsonObject policy, List<DuplicateKey> duplicates, Action<string>? warn)
        {
            CheckType(policy);
            var omitStages = ReadStages(policy, "Policy", "omitStages", "omitStages");
            List<AuditRule> rules = [];
            var ruleNodes = List(policy, "rules", "Policy.rules", "[]v1.PolicyRule");
            for (var i = 0; i < ruleNodes.Count; i++)
            {
                if (ruleNodes[i] is not JsonObject rule) throw Undecodable($"json: cannot unmarshal {GoKind(ruleNodes[i])} into Go struct field Policy.rules of type v1.PolicyRule", At("rules", i));
                rules.Add(ReadRule(rule, i));
            }
            var omitManagedFields = Flag(policy, "omitManagedFields", "Policy.omitManagedFields") ?? false;
            // Without a version the document is none of the known types, which have these fields only.
            NoteUnknown(policy, "", policy.ApiVersion.Length == 0 ? TypeFields : PolicyFields);
            if (duplicates.Count + _unknown.Count > 0)
            {
                List<string> problems = [.. _unknown];
                if (duplicates.Count > 0)
                {
                    problems.Insert(0, "yaml: unmarshal errors:\n" + string.Join('\n', duplicates.Select(d =>
                        string.Create(CultureInfo.InvariantCulture, $"  line {d.Position.Line}: key \"{d.Key}\" already set in map"))));
                }
                warn?.Invoke($"Audit policy contains errors, falling back to lenient decoding: strict decoding error: {string.Join(", ", problems)}");
            }
            if (policy.ApiVersion.Length == 0)
            {
                throw Refused("unknown group version field audit.k8s.io/__internal, Kind=Policy in policy", root?.Start);
            }
            if (_errors.Count > 0)
            {
                List<string> texts = [.. _errors.Select(e => e.Text).Distinct(StringComparer.Ordinal)];
                throw Refused(texts.Count == 1 ? texts[0] : $"[{string.Join(", ", texts)}]", _errors[0].Position);
            }
            if (rules.Count == 0) throw Refused("loaded illegal policy with 0 rules", root?.Start);
            return new(rules, omitStages, omitManagedFields);
        }

        private void CheckType(JsonObject policy)
        {
            var (version, kind) = (policy.ApiVersion, policy.Kind);
            if (version is ApiVersion or "" && kind is "Policy" or "") return;
            if (version == ApiVersion && kind is "Event" or "EventList" or "PolicyList")
            {
                throw Undecodable($"converting (v1.{kind}) to (audit.Policy): unknown conversion", At("kind"));
            }
            throw Undecodable($"no kind \"{kind}\" is registered for version \"{version}\" in scheme \"pkg/runtime/scheme.go:111\"", At("apiVersion"));
        }

        private AuditRule ReadRule(JsonObject rule, int index)
        {
            var path = $"rules[{index.ToString(CultureInfo.InvariantCulture)}]";
            var level = ReadLevel(rule, path, index);
            var urls = Texts(rule, "nonResourceURLs", "PolicyRule.rules.nonResourceURLs");
            for (var j = 0; j < urls.Count; j++)
            {
                if (urls[j] == "*") continue;
                var field = $"{path}.nonResourceURLs[{j}]: Invalid value: {Quoted(urls[j])}:";
                if (!urls[j].StartsWith('/')) Fault($"{field} non-resource URL rules must begin with a '/' character", "rules", index, "nonResourceURLs", j);
                if (urls[j].Length > 0 && urls[j][..^1].Contains('*', StringComparison.Ordinal))
                {
                    Fault($"{field} non-resource URL wildcards '*' must be the final character of the rule", "rules", index, "nonResourceURLs", j);
                }
            }
            var resources = ReadResources(rule, path, index);
            var omitStages = ReadStages(rule, "PolicyRule.rules", "omitStages", $"{path}.omitStages", "rules", index);
            var namespaces = Texts(rule, "namespaces", "PolicyRule.rules.namespaces");
            if (urls.Count > 0 && (resources.Count > 0 || namespaces.Count > 0))
            {
                Fault($"{path}.nonResourceURLs: Invalid value: {ListText(urls)}: rules cannot apply to both regular resources and non-resource URLs", "rules", index, "nonResourceURLs");
            }
            NoteUnknown(rule, $"{path}.", RuleFields);
            return new()
            {
                Level = level,
                Users = Texts(rule, "users", "PolicyRule.rules.users"),
                UserGroups = Texts(rule, "userGroups", "PolicyRule.rules.userGroups"),
                Verbs = Texts(rule, "verbs", "PolicyRule.rules.verbs"),
                Resources = resources,
                Namespaces = namespaces,
                NonResourceUrls = urls,
                OmitStages = omitStages,
                OmitManagedFields = Flag(rule, "omitManagedFields", "PolicyRule.rules.omitManagedFields"),
            };
        }

        private AuditLevel ReadLevel(JsonObject rule, string path, int index)
        {
            var text = Text(rule, "level", "PolicyRule.rules.level", "v1.Level");
            if (text.Length == 0)
            {
                Fault($"{path}.level: Required value", "rules", index);
                return AuditLevel.None;
            }
            switch (text)
            {
                case "None": return AuditLevel.None;
                case "Metadata": return AuditLevel.Metadata;
                case "Request": return AuditLevel.Request;
                case "RequestResponse": return AuditLevel.RequestResponse;
            }
            Fault($"{path}.level: Unsupported value: {Quoted(text)}: supported values: \"None\", \"Metadata\", \"Request\", \"RequestResponse\"", "rules", index, "level");
            return AuditLevel.None;
        }

        private List<AuditResources> ReadResources(JsonObject rule, string path, int index)
        {
            List<AuditResources> all = [];
            var nodes = List(rule, "resources", "PolicyRule.rules.resources", "[]v1.GroupResources");
            for (var j = 0; j < nodes.Count; j++)
            {
                if (nodes[j] is not JsonObject entry) throw Undecodable($"json: cannot unmarshal {GoKind(nodes[j])} into Go struct field PolicyRule.rules.resources of type v1.GroupResources", At("rules", index, "resources", j));
                var group = Text(entry, "group", "GroupResources.rules.resources.group", "string");
                if (group.Length > 0 && group != "*")
                {
                    if (group.Length > 253) Fault($"{path}.resources.group: Invalid value: {Quoted(group)}: must be no more than 253 bytes", "rules", index, "resources", j, "group");
                    if (!Subdomain().IsMatch(group)) Fault($"{path}.resources.group: Invalid value: {Quoted(group)}: {SubdomainProblem()}", "rules", index, "resources", j, "group");
                }
                var resources = Texts(entry, "resources", "GroupResources.rules.resources.resources");
                var names = Texts(entry, "resourceNames", "GroupResources.rules.resources.resourceNames");
                if (names.Count > 0 && resources.Count == 0)
                {
                    Fault($"{path}.resources.resourceNames: Invalid value: {ListText(names)}: using resourceNames requires at least one resource", "rules", index, "resources", j, "resourceNames");
                }
                NoteUnknown(entry, $"{path}.resources[{j}].", ResourceFields);
                all.Add(new(group, resources, names));
            }
            return all;
        }

        private AuditStages ReadStages(JsonObject owner, string type, string field, string path, params object[] at)
        {
            var stages = AuditStages.None;
            var texts = Texts(owner, field, $"{type}.{field}");
            for (var i = 0; i < texts.Count; i++)
            {
                switch (texts[i])
                {
                    case "RequestReceived": stages |= AuditStages.RequestReceived; break;
                    case "ResponseStarted": stages |= AuditStages.ResponseStarted; break;
                    case "ResponseComplete": stages |= AuditStages.ResponseComplete; break;
                    case "Panic": stages |= AuditStages.Panic; break;
                    default:
                        Fault($"{path}[{i}]: Invalid value: {Quoted(texts[i])}: allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic", [.. at, field, i]);
                        break;
                }
            }
            return stages;
        }

        private void NoteUnknown(JsonObject owner, string prefix, string[] known)
        {
            foreach (var (name, _) in owner)
            {
                if (!known.Contains(name)) _unknown.Add($"unknown field \"{prefix}{name}\"");
            }
            _unknown.Sort(StringComparer.Ordinal);
        }

        private JsonArray List(JsonObject owner, string field, string goField, string goType) => owner[field] switch
        {
            null => [],
            JsonArray list => list,
            var other => throw Undecodable($"json: cannot unmarshal {GoKind(other)} into Go struct field {goField} of type {goType}", Place(other)),
        };

        private string Text(JsonObject owner, string field, string goField, string goType) => owner[field] switch
        {
            null => "",
            JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
            var other => throw Undecodable($"json: cannot unmarshal {GoKind(other)} into Go struct field {goField} of type {goType}", Place(other)),
        };

        private bool? Flag(JsonObject owner, string field, string goField) => owner[field] switch
        {
            null => null,
            JsonValue value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
            var other => throw Undecodable($"json: cannot unmarshal {GoKind(other)} into Go struct field {goField} of type bool", Place(other)),
        };

        private List<string> Texts(JsonObject owner, string field, string goField)
        {
            List<string> texts = [];
            foreach (var item in List(owner, field, goField, "[]string"))
            {
                texts.Add(item switch
                {
                    null => "",
                    JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
                    _ => throw Undecodable($"json: cannot unmarshal {GoKind(item)} into Go struct field {goField} of type string", Place(item)),
                });
            }
            return texts;
        }

        private static string GoKind(JsonNode? node) => node?.GetValueKind() switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            JsonValueKind.Number => "number",
            null => "null",
            _ => "bool",
        };

        private void Fault(string text, params object[] at) => _errors.Add((text, At(at)));

        private AuditPolicyException Refused(string text, SourcePosition? position) => new($"loading audit policy file: {text}: from file {file}", file, position);

        private AuditPolicyException Undecodable(string text, SourcePosition? position) => Refused($"failed decoding: {text}", position);

        private SourcePosition? Place(JsonNode? node) => node is null ? null : At([.. node.GetPath()
            .Split(['$', '.', '[', ']'], StringSplitOptions.RemoveEmptyEntries)
            .Select(s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? (object)index : s)]);

        // The place of the deepest part of the path that exists.
        private SourcePosition? At(params object[] path)
        {
            var node = root;
            var position = node?.Start;
            foreach (var step in path)
            {
                node = (node, step) switch
                {
                    (YamlMapping map, string key) => map.Find(key)?.Value,
                    (YamlSequence list, int index) when index < list.Items.Count => list.Items[index],
                    _ => null,
                };
                if (node is null) break;
                position = node.Start;
            }
            return position;
        }
    }
}
