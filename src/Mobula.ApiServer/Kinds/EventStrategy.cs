using System.Text.Json.Nodes;
using Mobula.ApiServer.Validation;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Kinds;

/// <summary>Events, of either group: what they are about, why and who tells can be selected by.</summary>
/// <param name="subject">What the version calls the object an event is about.</param>
/// <param name="reporter">What the version calls who tells.</param>
internal sealed class EventStrategy(string subject, string reporter) : ResourceStrategy
{
    private static readonly string[] SubjectFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

    public override IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; } = Fields(subject, reporter);

    public override bool HasOwnFieldLabels => true;

    public override IEnumerable<FieldError> Validate(JsonObject o, WriteContext context)
    {
        var errors = new FieldErrors();
        EventValidation.Check(o, reporter, errors);
        if (reporter != "reportingComponent") EventValidation.New(o, errors);
        return errors;
    }

    public override IEnumerable<FieldError> ValidateUpdate(JsonObject o, JsonObject old, WriteContext context)
    {
        var errors = new FieldErrors();
        EventValidation.Check(o, reporter, errors);
        return errors;
    }

    private static Dictionary<string, Func<JsonObject, string>> Fields(string subject, string reporter)
    {
        // Whichever version asks: both are stored as core/v1.
        var fields = new Dictionary<string, Func<JsonObject, string>>
        {
            ["reason"] = o => o.Text("reason") ?? "",
            ["type"] = o => o.Text("type") ?? "",
            [reporter] = o => o.Text("reportingComponent") ?? "",
        };
        foreach (var field in SubjectFields) fields[$"{subject}.{field}"] = o => o.Text("involvedObject", field) ?? "";
        if (subject == "involvedObject") fields["source"] = o => o.Text("source", "component") is { Length: > 0 } source ? source : o.Text("reportingComponent") ?? "";
        return fields;
    }
}
