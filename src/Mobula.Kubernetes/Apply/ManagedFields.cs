using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Apply;

/// <summary>Who manages fields, apart from which.</summary>
/// <param name="Manager">The name.</param>
/// <param name="IsApply">Whether by apply; else by updates.</param>
/// <param name="ApiVersion">The version that updates were written in; empty for apply.</param>
/// <param name="Subresource">The subresource; empty for the object itself.</param>
internal readonly record struct ManagerIdentity(string Manager, bool IsApply, string ApiVersion, string Subresource)
{
    public string Operation => IsApply ? "Apply" : "Update";

    /// <summary>How conflicts call the manager.</summary>
    public override string ToString()
    {
        var name = Errors.GoText.Quote(Manager);
        if (Subresource.Length > 0) name += $" with subresource {Errors.GoText.Quote(Subresource)}";
        return IsApply ? name : $"{name} using {ApiVersion}";
    }
}

/// <summary>The fields of one manager.</summary>
/// <param name="Fields">The fields.</param>
/// <param name="ApiVersion">The version they are named in.</param>
/// <param name="Time">When the entry last changed, as it stands in the object; null when it has no time.</param>
internal sealed record ManagedEntry(FieldSet Fields, string ApiVersion, string? Time);

/// <summary>The content of <c>metadata.managedFields</c>.</summary>
internal sealed class ManagedFields : Dictionary<ManagerIdentity, ManagedEntry>
{
    public ManagedFields()
    {
    }

    public ManagedFields(ManagedFields other) : base(other)
    {
    }

    /// <summary>Reads a list of entries.</summary>
    /// <exception cref="FormatException">An entry is none.</exception>
    public static ManagedFields Read(JsonArray? entries)
    {
        var managed = new ManagedFields();
        foreach (var node in entries ?? [])
        {
            var entry = node as JsonObject ?? [];
            var operation = entry.Text("operation") ?? "";
            var apiVersion = entry.Text("apiVersion") ?? "";
            if (operation is not ("Apply" or "Update")) throw new FormatException($"invalid operation {operation}");
            if (apiVersion.Length == 0) throw new FormatException("apiVersion is missing");
            if (entry.Text("fieldsType") != "FieldsV1") throw new FormatException($"invalid fieldsType {entry.Text("fieldsType")}");
            var isApply = operation == "Apply";
            var identity = new ManagerIdentity(entry.Text("manager") ?? "", isApply, isApply ? "" : apiVersion, entry.Text("subresource") ?? "");
            managed[identity] = new(FieldSet.FromJson(entry.Object("fieldsV1")), apiVersion, entry.Text("time"));
        }
        return managed;
    }

    /// <summary>The entries in their order: applies first, then by time in whole seconds, manager, version and subresource.</summary>
    public JsonArray Write()
    {
        var ordered = this.OrderBy(e => e.Key.Operation, StringComparer.Ordinal)
            .ThenBy(e => KubernetesTime.Parse(e.Value.Time)?.ToUnixTimeSeconds() ?? 0)
            .ThenBy(e => e.Key.Manager, StringComparer.Ordinal)
            .ThenBy(e => e.Value.ApiVersion, StringComparer.Ordinal)
            .ThenBy(e => e.Key.Subresource, StringComparer.Ordinal);
        var list = new JsonArray();
        foreach (var (identity, entry) in ordered)
        {
            var json = new JsonObject
            {
                ["manager"] = identity.Manager,
                ["operation"] = identity.Operation,
                ["apiVersion"] = entry.ApiVersion,
            };
            if (entry.Time is not null) json["time"] = entry.Time;
            json["fieldsType"] = "FieldsV1";
            json["fieldsV1"] = entry.Fields.ToJson();
            if (identity.Subresource.Length > 0) json["subresource"] = identity.Subresource;
            list.Add((JsonNode)json);
        }
        return list;
    }
}
