using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Remediation;

namespace Mobula.PodSecurity.Manifests;

/// <summary>The edits that make a resource pass, as a JSON patch (RFC 6902).</summary>
/// <param name="File">The file that holds the resource.</param>
/// <param name="Resource">The resource as it is.</param>
/// <param name="Patch">The operations; empty when nothing is to be done.</param>
public sealed record ManifestPatch(string File, JsonObject Resource, JsonArray Patch)
{
    /// <summary>The patches of all resources that make pods.</summary>
    public static IReadOnlyList<ManifestPatch> Of(IReadOnlyList<ManifestFile> files, ManifestOptions options)
    {
        List<ManifestText> texts = [.. files.Select(ManifestText.Read)];
        var policies = new NamespacePolicies();
        foreach (var text in texts) policies.Add(text.Resources, []);
        var check = new ResourceCheck(options);
        List<ManifestPatch> patches = [];
        foreach (var resource in texts.SelectMany(t => t.Resources))
        {
            try
            {
                var policy = options.Policy is { } given ? JudgedPolicy.Of(given) : policies.For(resource.Object);
                if (Of(resource.Object, check, policy) is { } patch) patches.Add(new(resource.File.Name, resource.Object, patch));
            }
            catch (System.Text.Json.JsonException)
            {
                // A resource that cannot be judged has no patch; the check tells why.
            }
        }
        return patches;
    }

    /// <summary>The patch of one resource; null for one that makes no pods.</summary>
    public static JsonArray? Of(JsonObject resource, ResourceCheck check, JudgedPolicy policy)
    {
        var patch = new JsonArray();
        var patched = resource.Clone();
        // A second round sees what the first one uncovers; there is nothing for a third.
        for (var round = 0; round < 3; round++)
        {
            var report = check.Check(patched, policy);
            if (report.Pods.Count == 0) return null;
            List<FieldEdit> edits = [.. report.Findings.Where(f => f.Edit is not null).Select(f => f.Edit!)];
            if (edits.Count == 0) break;
            foreach (var edit in edits) Append(patch, patched, edit);
        }
        return patch;
    }

    // The patch must make the parents that are not there.
    private static void Append(JsonArray patch, JsonObject patched, FieldEdit edit)
    {
        var path = edit.Path;
        JsonNode value = edit.Value.DeepClone();
        while (path.Parent is { Steps.Count: > 0 } parent && parent.In(patched) is null)
        {
            value = path.Steps[^1] is string name ? new JsonObject { [name] = value } : new JsonArray(value);
            path = parent;
        }
        patch.Add((JsonNode)new JsonObject { ["op"] = path.In(patched) is null ? "add" : "replace", ["path"] = path.ToJsonPointer(), ["value"] = value });
        edit.Apply(patched);
    }
}
