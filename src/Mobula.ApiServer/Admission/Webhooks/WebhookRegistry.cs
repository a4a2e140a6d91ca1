using System.Collections.Immutable;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>The webhooks of one kind of configuration: configurations by name, in each the order written. Read anew only when one changed.</summary>
internal sealed class WebhookRegistry(ObjectStore store, string collection)
{
    private Seen _seen = new(ImmutableSortedDictionary<string, StoredObject>.Empty, []);

    public IReadOnlyList<RegisteredWebhook> All()
    {
        var objects = store.List(collection).Objects;
        var seen = Volatile.Read(ref _seen);
        if (ReferenceEquals(objects, seen.Objects)) return seen.Webhooks;
        List<RegisteredWebhook> webhooks = [];
        foreach (var configuration in objects.Values.Select(o => o.Parse()))
        {
            foreach (var hook in configuration.Objects("webhooks")) webhooks.Add(RegisteredWebhook.Read(configuration, hook, webhooks.Count));
        }
        Volatile.Write(ref _seen, new(objects, webhooks));
        return webhooks;
    }

    private sealed record Seen(ImmutableSortedDictionary<string, StoredObject> Objects, IReadOnlyList<RegisteredWebhook> Webhooks);
}
