using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Remediation;

namespace Mobula.PodSecurity.Manifests;

/// <summary>What became of a file.</summary>
/// <param name="Text">The text with the edits; the very same when there was nothing to do.</param>
/// <param name="Fixed">What the edits mend.</param>
/// <param name="Remaining">What only the author can mend.</param>
/// <param name="Problems">What could not be judged.</param>
public sealed record ManifestFixResult(
    string Text, IReadOnlyList<ManifestFinding> Fixed, IReadOnlyList<ManifestFinding> Remaining, IReadOnlyList<ManifestProblem> Problems)
{
    /// <summary>The edits as <c>diff -u</c> shows them; each part is headed by the pod and the container it is about.</summary>
    public string DiffFrom(ManifestFile file) => UnifiedDiff.Of(file.Text, Text, file.Name, line =>
    {
        var nearest = Fixed.Where(f => f.Position.Line <= line).OrderByDescending(f => f.Position.Line).FirstOrDefault();
        return nearest is null ? null : nearest.Container is { Length: > 0 } container ? $"{nearest.Role} › {container}" : nearest.Role;
    });
}

/// <summary>Makes manifests pass by the smallest edits of their text. What takes knowing the program is left alone and told.</summary>
public static class ManifestFix
{
    /// <summary>Mends one of several files; the others decide only by their Namespaces.</summary>
    /// <param name="file">The file to mend.</param>
    /// <param name="options">By what it is judged.</param>
    /// <param name="others">Files that are judged together with it.</param>
    public static ManifestFixResult Fix(ManifestFile file, ManifestOptions options, IReadOnlyList<ManifestFile>? others = null)
    {
        var text = file.Text;
        List<ManifestFinding> mended = [];
        // A second round sees what the first one uncovers; there is nothing for a third.
        for (var round = 0; round < 3; round++)
        {
            var fixable = Check(text).Findings.Where(f => f.CanBeFixed).ToList();
            if (fixable.Count == 0) break;
            var edited = Edit(text, fixable);
            if (edited == text) break;
            text = edited;
            mended.AddRange(fixable);
        }
        var report = Check(text);
        return new(
            text,
            [.. mended.Where(m => !report.Findings.Any(f => f.CheckId == m.CheckId && f.Resource == m.Resource && Equals(f.Field, m.Field)))],
            report.Findings, report.Problems);

        ManifestReport Check(string current)
        {
            var report = ManifestCheck.Check([new(file.Name, current), .. others ?? []], options);
            return report with
            {
                Findings = [.. report.Findings.Where(f => f.File == file.Name)],
                Problems = [.. report.Problems.Where(p => p.File == file.Name)],
            };
        }
    }

    /// <summary>The edits of one resource as a JSON patch (RFC 6902).</summary>
    public static JsonArray ToJsonPatch(JsonObject resource, IEnumerable<FieldEdit> edits)
    {
        var patched = resource.Clone();
        var patch = new JsonArray();
        foreach (var edit in edits)
        {
            var path = edit.Path;
            JsonNode value = edit.Value.DeepClone();
            // The patch must make the parents that are not there.
            while (path.Parent is { Steps.Count: > 0 } parent && parent.In(patched) is null)
            {
                value = path.Steps[^1] is string name ? new JsonObject { [name] = value } : new JsonArray(value);
                path = parent;
            }
            patch.Add((JsonNode)new JsonObject { ["op"] = path.In(patched) is null ? "add" : "replace", ["path"] = path.ToJsonPointer(), ["value"] = value });
            edit.Apply(patched);
        }
        return patch;
    }

    private static string Edit(string text, List<ManifestFinding> findings)
    {
        if (TryEdit(text, findings, out var all)) return all;
        // One edit that does not work must not spoil the others.
        foreach (var finding in findings)
        {
            if (TryEdit(text, [finding], out var one)) return one;
        }
        return text;
    }

    private static bool TryEdit(string text, List<ManifestFinding> findings, out string edited)
    {
        edited = text;
        var editor = new YamlEditor(text);
        try
        {
            foreach (var finding in findings)
            {
                var source = finding.Source!;
                editor.Set(source.Root, source.Prefix.Then(finding.Edit!.Path), finding.Edit.Value);
            }
            edited = editor.Apply();
        }
        catch (NotSupportedException)
        {
            return false;
        }
        return Means(edited, text, findings, compareValues: !editor.ChangesSharedNodes);
    }

    // The edited text must say what the old one said and the edits besides, and nothing else.
    private static bool Means(string edited, string text, List<ManifestFinding> findings, bool compareValues)
    {
        var (before, after) = (YamlSource.Read(text), YamlSource.Read(edited));
        if (before.Documents.Count != after.Documents.Count || (after.Error is null) != (before.Error is null)) return false;
        if (!compareValues) return true;
        for (var i = 0; i < before.Documents.Count; i++)
        {
            try
            {
                var expected = YamlJson.Convert(before.Documents[i]);
                foreach (var finding in findings.Where(f => f.Source!.Document == i))
                {
                    new FieldEdit(finding.Source!.Prefix.Then(finding.Edit!.Path), finding.Edit.Value).Apply((JsonObject)expected!);
                }
                if (!JsonNode.DeepEquals(expected, YamlJson.Convert(after.Documents[i]))) return false;
            }
            catch (Exception e) when (e is YamlSyntaxException or InvalidOperationException)
            {
                return false;
            }
        }
        return true;
    }
}
