using System.Text.Json;

namespace Mobula.PodSecurity.Manifests;

/// <summary>Judges manifests: every pod that their resources will make, injected containers included.</summary>
public static class ManifestCheck
{
    /// <summary>Judges files together, so that a Namespace in one decides for the objects in the others.</summary>
    public static ManifestReport Check(IReadOnlyList<ManifestFile> files, ManifestOptions options)
    {
        List<ManifestText> texts = [.. files.Select(ManifestText.Read)];
        List<ManifestProblem> problems = [];
        var policies = new NamespacePolicies();
        foreach (var text in texts) policies.Add(text.Resources, problems);
        var check = new ResourceCheck(options);
        List<ManifestReport> reports = [.. texts.Select(t => Check(t, check, options, policies))];
        return new(
            [.. reports.SelectMany(r => r.Findings)], [.. problems, .. reports.SelectMany(r => r.Problems)],
            [.. reports.SelectMany(r => r.Notes).Distinct(StringComparer.Ordinal)], [.. reports.SelectMany(r => r.JudgedPods)]);
    }

    internal static ManifestReport Check(ManifestText text, ResourceCheck check, ManifestOptions options, NamespacePolicies policies)
    {
        List<ManifestFinding> findings = [];
        List<ManifestProblem> problems = [.. text.Problems];
        List<string> notes = [];
        List<ManifestPod> pods = [];
        foreach (var resource in text.Resources)
        {
            try
            {
                var report = check.Check(resource.Object, options.Policy is { } policy ? JudgedPolicy.Of(policy) : policies.For(resource.Object));
                pods.AddRange(report.Pods.Select(p => new ManifestPod(text.File.Name, resource.PlaceOf(p.Source ?? Expansion.FieldPath.Root), p)));
                findings.AddRange(report.Findings.Select(f => new ManifestFinding
                {
                    File = text.File.Name, Position = resource.PlaceOf(f.Place), Finding = f, Source = resource,
                }));
                notes.AddRange(report.Notes);
            }
            catch (JsonException e)
            {
                problems.Add(new(text.File.Name, resource.PlaceOf(Expansion.FieldPath.Root), $"{ResourceCheck.TitleOf(resource.Object)}: {e.Message}"));
            }
        }
        return new([.. findings.OrderBy(f => f.Position.Index)], problems, notes, pods);
    }
}
