using System.Text.Json.Nodes;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Selectors;

namespace Mobula.ApiServer.Rest;

/// <summary>Which objects of a collection a list or watch wants.</summary>
internal sealed class ObjectFilter
{
    private readonly string _namespace;
    private readonly string? _name;
    private readonly LabelSelector _labels;
    private readonly List<FieldRequirement> _keyFields;
    private readonly List<(FieldRequirement Requirement, Func<JsonObject, string> Value)> _contentFields;

    /// <param name="definition">The resource.</param>
    /// <param name="ns">The namespace, or empty for all.</param>
    /// <param name="name">One name, or null for all.</param>
    /// <param name="options">The selectors.</param>
    /// <exception cref="StatusException">A field is none that the resource can be selected by.</exception>
    public ObjectFilter(ResourceDefinition definition, string ns, string? name, ListOptions options)
    {
        _namespace = ns;
        _name = name;
        _labels = options.Labels;
        _keyFields = [.. options.Fields.Requirements.Where(IsKeyField)];
        _contentFields = [.. options.Fields.Requirements.Where(r => !IsKeyField(r)).Select(r => (r, ValueOf(definition, r.Field)))];
    }

    /// <summary>Whether a selector narrows the list beyond namespace and name.</summary>
    public bool IsSelective => !_labels.IsEverything || _keyFields.Count > 0 || _contentFields.Count > 0;

    /// <summary>Whether everything in the collection is wanted.</summary>
    public bool IsEverything => _namespace.Length == 0 && _name is null && !IsSelective;

    public bool Matches(StoredObject stored)
    {
        var key = stored.Key;
        if (_namespace.Length > 0 && key.Namespace != _namespace) return false;
        if (_name is not null && key.Name != _name) return false;
        foreach (var field in _keyFields)
        {
            if (((field.Field == "metadata.name" ? key.Name : key.Namespace) == field.Value) != field.Equal) return false;
        }
        if (!_labels.IsEverything && !_labels.Matches(stored.Labels.GetValueOrDefault)) return false;
        if (_contentFields.Count == 0) return true;
        var o = stored.Parse();
        return _contentFields.TrueForAll(f => (f.Value(o) == f.Requirement.Value) == f.Requirement.Equal);
    }

    private static bool IsKeyField(FieldRequirement requirement) => requirement.Field is "metadata.name" or "metadata.namespace";

    private static Func<JsonObject, string> ValueOf(ResourceDefinition definition, string field)
    {
        if (definition.SelectableFields.TryGetValue(field, out var value)) return value;
        var known = definition.SelectableFields.Keys.Select(k => $", {GoText.Quote(k)}");
        throw StatusException.BadRequest(definition.Strategy.HasOwnFieldLabels || (definition.IsCustom && definition.SelectableFields.Count > 0)
            ? $"field label not supported: {field}"
            : $"{GoText.Quote(field)} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"{string.Concat(known)}");
    }
}
