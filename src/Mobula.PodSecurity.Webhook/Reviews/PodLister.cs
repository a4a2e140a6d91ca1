using System.Net;
using System.Text;
using System.Text.Json;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Webhook.Reviews;

/// <summary>Lists the pods of a namespace in pages, each pod as the bytes the server sent.</summary>
internal sealed class PodLister(KubernetesApi api)
{
    private const int PageSize = 500;

    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> ListAsync(string ns, CancellationToken cancellation)
    {
        List<ReadOnlyMemory<byte>> pods = [];
        var next = "";
        do
        {
            var path = $"{Resources.Pods.Path(ns)}?limit={PageSize}{(next.Length > 0 ? $"&continue={Uri.EscapeDataString(next)}" : "")}";
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Accept.ParseAdd("application/json");
            using var response = await api.Http.SendAsync(request, cancellation).ConfigureAwait(false);
            var page = await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK) throw new StatusException((int)response.StatusCode, null, Encoding.UTF8.GetString(page));
            next = ReadPage(page, pods);
        }
        while (next.Length > 0);
        return pods;
    }

    /// <summary>Takes the items of a list and gives the token of its next page.</summary>
    internal static string ReadPage(ReadOnlyMemory<byte> page, List<ReadOnlyMemory<byte>> items)
    {
        var next = "";
        var reader = new Utf8JsonReader(page.Span, new JsonReaderOptions { MaxDepth = 512 });
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isItems, isMetadata) = (reader.ValueTextEquals("items"u8), reader.ValueTextEquals("metadata"u8));
            reader.Read();
            if (isItems && reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    var start = (int)reader.TokenStartIndex;
                    reader.Skip();
                    items.Add(page[start..(int)reader.BytesConsumed]);
                }
            }
            else if (isMetadata && reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isNext = reader.ValueTextEquals("continue"u8);
                    reader.Read();
                    if (isNext && reader.TokenType == JsonTokenType.String) next = reader.GetString()!;
                    else reader.Skip();
                }
            }
            else
            {
                reader.Skip();
            }
        }
        return next;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        if (!reader.Read() || reader.TokenType != type) throw new JsonException("a list is expected");
    }
}
