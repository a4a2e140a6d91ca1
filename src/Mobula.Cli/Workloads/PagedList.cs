using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Mobula.Client;
using Mobula.Kubernetes;

namespace Mobula.Cli.Workloads;

/// <summary>Reads collections page by page, so that a big cluster neither fills the memory nor strains its server.</summary>
internal static class PagedList
{
    /// <summary>Objects a page: what kubectl asks for.</summary>
    public const int PageSize = 500;

    /// <summary>The items of a collection; each is valid until the next one is asked for.</summary>
    public static async IAsyncEnumerable<JsonElement> ReadAsync(KubernetesApi api, GroupVersionResource resource, string? ns, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? next = null;
        do
        {
            var path = $"{resource.Path(ns)}?limit={PageSize.ToString(CultureInfo.InvariantCulture)}{(next is null ? "" : $"&continue={Uri.EscapeDataString(next)}")}";
            byte[] bytes;
            try
            {
                bytes = await api.GetBytesAsync(path, cancellation).ConfigureAwait(false);
            }
            catch (StatusException e) when (e.Code == 410 && next is not null && e.Status.Text("metadata", "continue") is { Length: > 0 } fresh)
            {
                // The snapshot has gone; the server offers to go on from where this stands.
                next = fresh;
                continue;
            }
            using var page = JsonDocument.Parse(bytes);
            next = page.RootElement.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("continue", out var token) ? token.GetString() : null;
            if (!page.RootElement.TryGetProperty("items", out var items) || items.ValueKind != JsonValueKind.Array) continue;
            foreach (var item in items.EnumerateArray()) yield return item;
        }
        while (!string.IsNullOrEmpty(next));
    }
}
