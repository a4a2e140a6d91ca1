using System.Text.Json;

namespace Mobula.PodSecurity.Admission;

/// <summary>What a client is told of running pods when a namespace begins to enforce more.</summary>
internal static class ExistingPods
{
    private const int MostPods = 3000;
    private static readonly TimeSpan LongestTime = TimeSpan.FromSeconds(1);

    public static List<string> Warnings(
        AdmissionRequest request, LevelVersion enforce, PodSecurityEvaluator evaluator, PodSecurityConfiguration configuration, TimeProvider time)
    {
        var started = time.GetTimestamp();
        var limit = request.TimeLeft is { } left && left / 2 < LongestTime ? left / 2 : LongestTime;
        List<(ReadOnlyMemory<byte> Json, PodIdentity Identity)> pods;
        try
        {
            pods = Order(request.ListPods(), configuration);
        }
        catch (Exception e) when (e is Kubernetes.StatusException or OperationCanceledException or IOException or HttpRequestException)
        {
            return ["failed to list pods while checking new PodSecurity enforce level"];
        }
        if (time.GetElapsedTime(started) > limit) return ["failed to list pods while checking new PodSecurity enforce level"];

        var violations = new Dictionary<string, (string FirstName, int Count)>(StringComparer.Ordinal);
        var examined = 0;
        foreach (var (json, identity) in pods.Take(MostPods))
        {
            examined++;
            var verdict = evaluator.Evaluate(json.Span, enforce);
            if (!verdict.IsAllowed)
            {
                var reasons = verdict.Reasons;
                violations[reasons] = violations.TryGetValue(reasons, out var known)
                    ? (string.CompareOrdinal(identity.Name, known.FirstName) < 0 ? identity.Name : known.FirstName, known.Count + 1)
                    : (identity.Name, 1);
            }
            if (time.GetElapsedTime(started) > limit) break;
        }

        List<string> warnings = [];
        if (examined < pods.Count)
        {
            warnings.Add($"new PodSecurity enforce level only checked against the first {examined} of {pods.Count} existing pods");
        }
        if (violations.Count == 0) return warnings;
        warnings.Add($"existing pods in namespace \"{request.Name}\" violate the new PodSecurity enforce level \"{enforce}\"");
        warnings.AddRange(violations
            .Select(v => $"{v.Value.FirstName}{Others(v.Value.Count - 1)}: {v.Key}")
            .Order(StringComparer.Ordinal));
        return warnings;
    }

    private static string Others(int others) => others switch
    {
        0 => "",
        1 => " (and 1 other pod)",
        _ => $" (and {others} other pods)",
    };

    // The first pod of each controller before its others, so that a limit hides no workload behind the copies of another.
    private static List<(ReadOnlyMemory<byte> Json, PodIdentity Identity)> Order(IEnumerable<ReadOnlyMemory<byte>> pods, PodSecurityConfiguration configuration)
    {
        List<(ReadOnlyMemory<byte> Json, PodIdentity Identity)> first = [], repeated = [];
        HashSet<string> controllers = new(StringComparer.Ordinal);
        foreach (var json in pods)
        {
            PodIdentity identity;
            try
            {
                identity = PodIdentity.Read(json.Span);
            }
            catch (JsonException)
            {
                continue;
            }
            if (identity.RuntimeClass.Length > 0 && configuration.ExemptRuntimeClasses.Contains(identity.RuntimeClass)) continue;
            var isFirst = identity.ControllerUid is null || controllers.Add(identity.ControllerUid);
            (isFirst ? first : repeated).Add((json, identity));
        }
        return [.. first, .. repeated];
    }
}
