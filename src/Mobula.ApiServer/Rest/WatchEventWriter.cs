using System.Buffers;
using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Storage;
using Mobula.ApiServer.Tables;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Rest;

/// <summary>Writes the events of one watch in its form.</summary>
internal sealed class WatchEventWriter(ResourceDefinition definition, Representation form, string includeObject, TimeProvider time)
{
    private static readonly string[] Types = ["ADDED", "MODIFIED", "DELETED"];

    private readonly string _include = form.IsTable ? TableWriter.ReadInclude(includeObject) : "";
    private readonly bool _asStored = form is { As: null, MediaType: MediaType.Json } && definition.IsStoredVersion && !definition.DefaultsOnRead;
    private bool _columnsTold;

    /// <summary>Writes a change; in the plain form the line is shared by all watchers.</summary>
    public void Write(IBufferWriter<byte> output, CommittedEvent change, WatchEventType type)
    {
        if (_asStored) output.Write(change.Line(type));
        else Write(output, type, change.Current.Utf8);
    }

    public void Write(IBufferWriter<byte> output, WatchEventType type, byte[] stored)
    {
        if (form is { As: null, MediaType: MediaType.Json })
        {
            output.Write(WatchLine.Make(type, ServedForm.Object(definition, stored).Span));
            return;
        }
        Write(output, Types[(int)type], Transform(ServedForm.Tree(definition, stored)));
    }

    public void WriteBookmark(IBufferWriter<byte> output, long revision, bool initialEventsEnd)
    {
        var metadata = new JsonObject { ["resourceVersion"] = revision.ToString(CultureInfo.InvariantCulture) };
        if (initialEventsEnd) metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
        var bookmark = new JsonObject { ["kind"] = definition.Kind.Kind, ["apiVersion"] = definition.Kind.ApiVersion, ["metadata"] = metadata };
        _columnsTold |= form.IsTable;
        Write(output, "BOOKMARK", Transform(bookmark));
    }

    public void WriteError(IBufferWriter<byte> output, StatusException error) => Write(output, "ERROR", error.Status);

    private JsonObject Transform(JsonObject o)
    {
        if (form.IsTable)
        {
            var include = o.Name.Length == 0 ? "Metadata" : _include;
            var table = TableWriter.Make(definition, [o], new JsonObject { ["resourceVersion"] = o.ResourceVersion }, include, form.AsVersion!, time.GetUtcNow(), columns: !_columnsTold);
            _columnsTold = true;
            return table;
        }
        return form.IsPartial ? PartialMetadata.Make(o, form.AsVersion!) : o;
    }

    private void Write(IBufferWriter<byte> output, string type, JsonObject o)
    {
        if (form.MediaType == MediaType.Protobuf)
        {
            Encoders.WriteProtobufEvent(output, type, o);
            return;
        }
        KubernetesJson.Write(output, new JsonObject { ["type"] = type, ["object"] = o });
        output.Write("\n"u8);
    }
}
