using Microsoft.AspNetCore.Http;
using Mobula.ApiServer.Pipeline;
using Mobula.ApiServer.Storage;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Rest;

/// <summary>Answers watches.</summary>
internal sealed class WatchServer(ObjectStore store, TimeProvider time, CancellationToken stopping)
{
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromMinutes(1);

    public Answer Watch(ApiRequest request, ResourceDefinition definition)
    {
        var accept = request.Http.Request.Headers.Accept.ToString();
        var form = Negotiation.ChooseStream(accept, canTransform: true, protobuf: !definition.IsCustom);
        var options = ListOptions.Read(request.Query, watch: true);
        var name = request.Info.NameFromSelector || request.Info.Name.Length == 0 ? null : request.Info.Name;
        var filter = new ObjectFilter(definition, definition.Info.Namespaced ? request.Info.Namespace : "", name, options);
        var version = ListOptions.Version(options.ResourceVersion, list: false);
        var contentType = form.MediaType == MediaType.Protobuf ? $"{MediaType.Protobuf};stream=watch" : form.MediaType;
        return new StreamAnswer(200, http => ServeAsync(http, request, definition, form, options, filter, version, contentType));
    }

    private async Task ServeAsync(
        HttpContext http, ApiRequest request, ResourceDefinition definition, Representation form, ListOptions options, ObjectFilter filter, long version, string contentType)
    {
        var response = AnswerWriter.Begin(request, 200, contentType);
        var events = new WatchEventWriter(definition, form, request.Query["includeObject"].ToString(), time);
        var seconds = options.TimeoutSeconds is > 0 and var asked ? asked : Random.Shared.Next(1800, 3600);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(Math.Min(seconds, 86400)), time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, deadline.Token, stopping);
        var output = response.BodyWriter;

        Watcher? watcher;
        if (version == 0 || options.SendInitialEvents == true)
        {
            (watcher, var now) = store.Watch(definition.Collection);
            if (options.SendInitialEvents != false)
            {
                foreach (var (_, stored) in now.Objects)
                {
                    if (filter.Matches(stored)) events.Write(output, WatchEventType.Added, stored.Utf8);
                }
            }
            if (options is { SendInitialEvents: true, AllowBookmarks: true }) events.WriteBookmark(output, now.Revision, initialEventsEnd: true);
            version = now.Revision;
        }
        else
        {
            // What happened before a custom resource was served in its present form cannot be told.
            var first = definition.Custom is { } custom ? ListOptions.Version(custom.Definition.ResourceVersion, list: false) : 0;
            watcher = version < first ? null : store.Watch(definition.Collection, version);
            if (watcher is null)
            {
                events.WriteError(output, StatusException.Expired($"too old resource version: {version} ({store.Revision})"));
                await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
                return;
            }
        }
        using (watcher)
        {
            try
            {
                foreach (var missed in watcher.Missed) Write(events, output, filter, missed, version);
                await output.FlushAsync(ending.Token).ConfigureAwait(false);
                while (await WaitAsync(watcher, options, events, output, ending.Token).ConfigureAwait(false))
                {
                    while (output.UnflushedBytes < 1 << 20 && watcher.Changes.TryRead(out var change)) Write(events, output, filter, change, version);
                    if (output.UnflushedBytes > 0) await output.FlushAsync(ending.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException)
            {
                // The client is gone, the time is up or the server stops: a watch just ends.
            }
        }
    }

    private async ValueTask<bool> WaitAsync(Watcher watcher, ListOptions options, WatchEventWriter events, System.IO.Pipelines.PipeWriter output, CancellationToken ending)
    {
        if (!options.AllowBookmarks) return await watcher.Changes.WaitToReadAsync(ending).ConfigureAwait(false);
        var ready = watcher.Changes.WaitToReadAsync(ending);
        if (ready.IsCompleted) return await ready.ConfigureAwait(false);
        var task = ready.AsTask();
        while (true)
        {
            try
            {
                return await task.WaitAsync(BookmarkInterval, time, ending).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // All changes up to a revision are queued before the revision is told: an empty queue was served up to it.
                var revision = store.Revision;
                if (watcher.Changes.TryPeek(out _)) continue;
                events.WriteBookmark(output, revision, initialEventsEnd: false);
                await output.FlushAsync(ending).ConfigureAwait(false);
            }
        }
    }

    private static void Write(WatchEventWriter events, System.IO.Pipelines.PipeWriter output, ObjectFilter filter, CommittedEvent change, long after)
    {
        if (change.Revision <= after) return;
        if (filter.IsEverything)
        {
            events.Write(output, change, change.IsDeletion ? WatchEventType.Deleted : change.Previous is null ? WatchEventType.Added : WatchEventType.Modified);
            return;
        }
        var before = change.Previous is not null && filter.Matches(change.Previous);
        if (change.IsDeletion)
        {
            if (before) events.Write(output, change, WatchEventType.Deleted);
            return;
        }
        var now = filter.Matches(change.Current);
        if (now) events.Write(output, change, before ? WatchEventType.Modified : WatchEventType.Added);
        else if (before) events.Write(output, WatchEventType.Deleted, AtRevision(change.Previous!, change.Revision));
    }

    /// <summary>An object that a selector no longer matches is shown as it was, at the revision of the change.</summary>
    private static byte[] AtRevision(StoredObject stored, long revision)
    {
        var o = stored.Parse();
        return StoredForm.Write(o, o.GroupVersionKind, revision.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
