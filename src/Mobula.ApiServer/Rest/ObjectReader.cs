using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Storage;
using Mobula.ApiServer.Tables;
using Mobula.Audit;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary>Answers get and list from memory.</summary>
internal sealed class ObjectReader(ObjectStore store, TimeProvider time)
{
    public Answer Get(ApiRequest request, ResourceDefinition definition)
    {
        var form = ObjectAnswers.Negotiate(request, definition);
        var wanted = ListOptions.Version(request.Query["resourceVersion"].ToString(), list: false);
        if (wanted > store.Revision) throw ApiErrors.FutureVersion(wanted, store.Revision);
        var stored = store.Get(new(definition.Collection, definition.Info.Namespaced ? request.Info.Namespace : "", request.Info.Name))
            ?? throw StatusException.NotFound(definition.Resource, request.Info.Name);
        return ObjectAnswers.Answer(request, definition, form, 200, stored.Utf8, time.GetUtcNow());
    }

    public Answer List(ApiRequest request, ResourceDefinition definition)
    {
        var form = ObjectAnswers.Negotiate(request, definition, list: true);
        var options = ListOptions.Read(request.Query, watch: false);
        var filter = new ObjectFilter(definition, request.Info.Namespace, null, options);
        var page = Page(definition, options, filter);
        if (request.Demand == AuditLevel.RequestResponse && request.Audit is { } audit)
        {
            audit.ResponseObject = JsonNode.Parse(ToJson(definition, page).Span);
        }
        return new StreamAnswer(200, _ => WriteAsync(request, definition, form, page));
    }

    /// <summary>The objects that a list holds, as JSON of the list.</summary>
    public ReadOnlyMemory<byte> ToJson(ResourceDefinition definition, ListPage page)
    {
        var buffer = new ArrayBufferWriter<byte>(256 + page.Objects.Sum(o => o.Utf8.Length));
        Write(buffer, $"{{\"kind\":\"{definition.ListKind}\",\"apiVersion\":\"{definition.Kind.ApiVersion}\",\"metadata\":");
        KubernetesJson.Write(buffer, page.Metadata(definition.IsCustom));
        Write(buffer, ",\"items\":[");
        for (var i = 0; i < page.Objects.Count; i++)
        {
            if (i > 0) Write(buffer, ",");
            buffer.Write(ServedForm.Item(definition, page.Objects[i].Utf8).Span);
        }
        Write(buffer, "]}");
        return buffer.WrittenMemory;
    }

    /// <summary>The part of a collection that the options ask for.</summary>
    public ListPage Page(ResourceDefinition definition, ListOptions options, ObjectFilter filter)
    {
        var limit = options.Limit;
        CollectionSnapshot snapshot;
        string? start = null;
        if (options.Continue.Length > 0)
        {
            if (options.ResourceVersion is not ("" or "0")) throw StatusException.BadRequest("specifying resource version is not allowed when using continue");
            var (revision, key) = ListOptions.ReadContinue(options.Continue);
            start = key;
            snapshot = store.ListAt(definition.Collection, revision) ?? throw StatusException.Expired("The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.");
        }
        else
        {
            var version = ListOptions.Version(options.ResourceVersion, list: true);
            if (version > store.Revision) throw ApiErrors.FutureVersion(version, store.Revision);
            var exact = options.ResourceVersionMatch == "Exact" || (version > 0 && options.ResourceVersionMatch.Length == 0 && limit > 0);
            if (options.ResourceVersion == "0") limit = 0;
            snapshot = exact
                ? store.ListAt(definition.Collection, version) ?? throw StatusException.Expired("The resourceVersion for the provided list is too old.")
                : store.List(definition.Collection);
        }
        var found = new List<StoredObject>();
        string? next = null;
        long remaining = 0;
        foreach (var (key, stored) in snapshot.Objects)
        {
            if (start is not null && string.CompareOrdinal(key, start) < 0) continue;
            if (!filter.Matches(stored)) continue;
            if (limit > 0 && found.Count == limit)
            {
                next ??= key;
                remaining++;
                if (filter.IsSelective) break;
                continue;
            }
            found.Add(stored);
        }
        return new(snapshot.Revision, found, next is null ? null : ListOptions.WriteContinue(snapshot.Revision, next), next is null || filter.IsSelective ? null : remaining);
    }

    private Task WriteAsync(ApiRequest request, ResourceDefinition definition, Representation form, ListPage page)
    {
        if (form.IsTable)
        {
            var include = TableWriter.ReadInclude(request.Query["includeObject"].ToString());
            var rows = page.Objects.Select(o => ServedForm.Tree(definition, o.Utf8));
            return AnswerWriter.WriteAsync(request, 200, TableWriter.Make(definition, rows, page.Metadata(false), include, form.AsVersion!, time.GetUtcNow()), form.MediaType);
        }
        if (form.IsPartial)
        {
            return AnswerWriter.WriteAsync(request, 200, new JsonObject
            {
                ["kind"] = "PartialObjectMetadataList",
                ["apiVersion"] = $"meta.k8s.io/{form.AsVersion}",
                ["metadata"] = page.Metadata(false),
                ["items"] = new JsonArray([.. page.Objects.Select(o => PartialMetadata.Make(o.Parse(), form.AsVersion!))]),
            }, form.MediaType);
        }
        return AnswerWriter.WriteAsync(request, 200, ToJson(definition, page), form.MediaType);
    }

    private static void Write(IBufferWriter<byte> buffer, string text) => Encoding.UTF8.GetBytes(text, buffer);
}

/// <summary>A part of a collection.</summary>
/// <param name="Revision">The revision of the list.</param>
/// <param name="Objects">The objects in key order.</param>
/// <param name="Continue">Where the list goes on; null at its end.</param>
/// <param name="Remaining">How many objects follow; null when nobody counted.</param>
internal sealed record ListPage(long Revision, IReadOnlyList<StoredObject> Objects, string? Continue, long? Remaining)
{
    public JsonObject Metadata(bool custom)
    {
        var metadata = new JsonObject { ["resourceVersion"] = Revision.ToString(CultureInfo.InvariantCulture) };
        if (Continue is not null || custom) metadata["continue"] = Continue ?? "";
        if (Remaining is not null) metadata["remainingItemCount"] = Remaining;
        return metadata;
    }
}
