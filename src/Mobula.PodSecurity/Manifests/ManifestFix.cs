using System.Text.Json.Nodes;
using Mobula.Kubernetes.Yaml;
using Mobula.PodSecurity.Expansion;
using Mobula.PodSecurity.Remediation;

namespace Mobula.PodSecurity.Manifests;

/// <summary>What became of a file.</summary>
/// <param name="File">The file as it was.</param>
/// <param name="Text">The text with the edits; the very same when there was nothing to do.</param>
/// <param name="Fixed">What the edits mend.</param>
/// <param name="Remaining">What only the author can mend.</param>
/// <param name="Problems">What could not be judged.</param>
public sealed record ManifestFixResult(
    ManifestFile File, string Text, IReadOnlyList<ManifestFinding> Fixed, IReadOnlyList<ManifestFinding> Remaining, IReadOnlyList<ManifestProblem> Problems)
{
    /// <summary>The edits as <c>diff -u</c> shows them; each part is headed by the pod and the container it is about.</summary>
    public string Diff()
    {
        if (Text == File.Text) return "";
        List<ManifestFinding> ordered = [.. Fixed.OrderBy(f => f.Position.Line)];
        List<int> lines = [.. ordered.Select(f => f.Position.Line)];
        return UnifiedDiff.Of(File.Text, Text, File.Name, line =>
        {
            var at = lines.BinarySearch(line);
            if (at < 0) at = ~at - 1;
            while (at > 0 && lines[at - 1] == lines[at]) at--;
            return at < 0 ? null : ordered[at].Container is { Length: > 0 } container ? $"{ordered[at].Role} › {container}" : ordered[at].Role;
        });
    }
}

/// <summary>Makes manifests pass by the smallest edits of their text. What takes knowing the program is left alone and told.</summary>
public static class ManifestFix
{
    /// <summary>Mends a file.</summary>
    public static ManifestFixResult Fix(ManifestFile file, ManifestOptions options) => Fix([file], options)[0];

    /// <summary>Mends files that belong together: a Namespace in one decides for the objects in the others.</summary>
    public static IReadOnlyList<ManifestFixResult> Fix(IReadOnlyList<ManifestFile> files, ManifestOptions options)
    {
        List<ManifestText> texts = [.. files.Select(ManifestText.Read)];
        var policies = new NamespacePolicies();
        List<List<ManifestProblem>> problems = [];
        foreach (var text in texts)
        {
            List<ManifestProblem> ofText = [];
            policies.Add(text.Resources, ofText);
            problems.Add(ofText);
        }
        var check = new ResourceCheck(options);
        return [.. texts.Select((t, i) => Fix(t, current => ManifestCheck.Check(current, check, options, policies), problems[i]))];
    }

    private static ManifestFixResult Fix(ManifestText original, Func<ManifestText, ManifestReport> check, List<ManifestProblem> problems)
    {
        var text = original;
        List<ManifestFinding> mended = [];
        HashSet<(int, FieldPath, string, FieldPath?)> mendedKeys = [];
        var report = check(text);
        // Each round sees what the one before uncovered; an edit that cannot be made leaves the others for the next.
        for (var round = 0; round < 100; round++)
        {
            var fixable = report.Findings.Where(f => f.CanBeFixed).ToList();
            if (fixable.Count == 0 || Edit(text, fixable) is not { } edited) break;
            text = edited;
            var before = report;
            report = check(text);
            var left = report.Findings.Select(KeyOf).ToHashSet();
            mended.AddRange(fixable.Where(m => !left.Contains(KeyOf(m)) && mendedKeys.Add(KeyOf(m))));
            if (report.Findings.Count >= before.Findings.Count && round > 3) break;
        }
        return new(original.File, text.File.Text, mended, report.Findings, [.. problems, .. report.Problems]);
    }

    private static (int Document, FieldPath Prefix, string CheckId, FieldPath? Field) KeyOf(ManifestFinding finding) =>
        (finding.Source!.Document, finding.Source.Prefix, finding.CheckId, finding.Field);

    private static ManifestText? Edit(ManifestText text, List<ManifestFinding> findings)
    {
        if (TryEdit(text, findings) is { } all) return all;
        // One edit that does not work must not spoil the others: what fails is halved until it is found.
        if (findings.Count == 1) return null;
        var half = findings.Count / 2;
        return Edit(text, findings[..half]) ?? Edit(text, findings[half..]);
    }

    private static ManifestText? TryEdit(ManifestText text, List<ManifestFinding> findings)
    {
        var editor = new YamlEditor(text.File.Text);
        try
        {
            foreach (var finding in findings) editor.Set(finding.Source!.Root, finding.Source.Prefix.Then(finding.Edit!.Path), finding.Edit.Value);
            var edited = editor.Apply();
            if (edited == text.File.Text) return null;
            var after = ManifestText.Read(text.File with { Text = edited });
            return Means(after, text, findings, compareValues: !editor.ChangesSharedNodes) ? after : null;
        }
        catch (NotSupportedException)
        {
            return null;
        }
    }

    // The edited text must say what the old one said and the edits besides, and nothing else.
    private static bool Means(ManifestText after, ManifestText before, List<ManifestFinding> findings, bool compareValues)
    {
        if (before.Source.Documents.Count != after.Source.Documents.Count || (after.Source.Error is null) != (before.Source.Error is null)) return false;
        if (before.Problems.Count != after.Problems.Count || before.Resources.Count != after.Resources.Count) return false;
        if (!compareValues) return true;
        var edits = findings.ToLookup(f => f.Source!.Document);
        for (var i = 0; i < before.Source.Documents.Count; i++)
        {
            try
            {
                var expected = YamlJson.Convert(before.Source.Documents[i]);
                foreach (var finding in edits[i]) new FieldEdit(finding.Source!.Prefix.Then(finding.Edit!.Path), finding.Edit.Value).Apply((JsonObject)expected!);
                if (!JsonNode.DeepEquals(expected, YamlJson.Convert(after.Source.Documents[i]))) return false;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
            catch (YamlSyntaxException)
            {
                // The document was unreadable before, and is still: no edit is in it.
                if (edits[i].Any()) return false;
            }
        }
        return true;
    }
}
