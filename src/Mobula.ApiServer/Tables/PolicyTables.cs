using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tables;

/// <summary>The tables of what governs others: quotas, webhooks, policies, flow control, certificate requests.</summary>
internal static class PolicyTables
{
    private const string None = "<none>";

    public static TableFormat Quotas { get; } = TableFormats.Make("Request Limit Age", (o, now) =>
    {
        var hard = o.Object("status", "hard") ?? [];
        string Used(bool limits) => string.Join(", ", hard.OrderBy(h => h.Key, StringComparer.Ordinal)
            .Where(h => h.Key.StartsWith("limits.", StringComparison.Ordinal) == limits)
            .Select(h => $"{h.Key}: {o.At("status", "used", h.Key)?.ToString() ?? "0"}/{h.Value}"));
        return [Used(limits: false), Used(limits: true), Ages.Of(o, now)];
    });

    public static TableFormat Webhooks { get; } = TableFormats.Make("Webhooks:integer Age", (o, now) => [o.Objects("webhooks").Count(), Ages.Of(o, now)]);

    public static TableFormat ValidatingPolicies { get; } = TableFormats.Make("Validations:integer ParamKind Age", (o, now) =>
        [o.Objects("spec", "validations").Count(), ParamKind(o), Ages.Of(o, now)]);

    public static TableFormat MutatingPolicies { get; } = TableFormats.Make("Mutations:integer ParamKind Age", (o, now) =>
        [o.Objects("spec", "mutations").Count(), ParamKind(o), Ages.Of(o, now)]);

    public static TableFormat PolicyBindings { get; } = TableFormats.Make("PolicyName ParamRef Age", (o, now) =>
        [o.Text("spec", "policyName") ?? "", ParamRef(o.Object("spec", "paramRef")), Ages.Of(o, now)]);

    public static TableFormat FlowSchemas { get; } = TableFormats.Make("PriorityLevel MatchingPrecedence:integer DistinguisherMethod Age MissingPL", (o, now) =>
        [
            o.Text("spec", "priorityLevelConfiguration", "name"), o.Integer("spec", "matchingPrecedence") ?? 0, o.Text("spec", "distinguisherMethod", "type") ?? None, Ages.Of(o, now),
            o.Objects("status", "conditions").FirstOrDefault(c => c.Text("type") == "Dangling")?.Text("status") ?? "?",
        ]);

    public static TableFormat PriorityLevels { get; } = TableFormats.Make("Type NominalConcurrencyShares Queues HandSize QueueLengthLimit Age", (o, now) =>
    {
        JsonNode? Queuing(string field) => o.At("spec", "limited", "limitResponse", "queuing", field) is { } value ? value.ToString() : None;
        var shares = o.At("spec", "limited", "nominalConcurrencyShares") ?? o.At("spec", "exempt", "nominalConcurrencyShares");
        return [o.Text("spec", "type"), shares?.ToString() ?? None, Queuing("queues"), Queuing("handSize"), Queuing("queueLengthLimit"), Ages.Of(o, now)];
    });

    public static TableFormat CertificateRequests { get; } = TableFormats.Make("Age SignerName Requestor RequestedDuration Condition", (o, now) =>
    {
        // In the order of the conditions' weight: approved or denied, then what came of it.
        var conditions = o.Objects("status", "conditions").Select(c => c.Text("type")).ToHashSet();
        var outcome = string.Join(',', new[] { "Approved", "Denied", "Failed" }.Where(conditions.Contains));
        if (outcome.Length == 0) outcome = "Pending";
        if (o.Text("status", "certificate") is { Length: > 0 }) outcome += ",Issued";
        var duration = o.Integer("spec", "expirationSeconds") is { } seconds ? Ages.Format(TimeSpan.FromSeconds(seconds)) : None;
        return [Ages.Of(o, now), o.Text("spec", "signerName") ?? None, o.Text("spec", "username") ?? "", duration, outcome];
    });

    private static string ParamKind(JsonObject o) => o.Object("spec", "paramKind") is { } kind ? $"{kind.Text("apiVersion")}/{kind.Text("kind")}" : "<unset>";

    private static string ParamRef(JsonObject? reference)
    {
        if (reference is null) return "<unset>";
        if (reference.Text("name") is { Length: > 0 } name) return reference.Text("namespace") is { Length: > 0 } ns ? $"{ns}/{name}" : $"*/{name}";
        return reference.Object("selector") is { } selector ? TableFormats.Labels(selector.Object("matchLabels")) : "<unset>";
    }
}
