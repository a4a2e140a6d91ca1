using System.Diagnostics;
using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.PodSecurity;

// Reads tables of pods (one JSON object a line, with the field pod) and measures their evaluation at every level and version,
// or with --compare tells whether the verdicts are those of the table.
var compare = args.Contains("--compare");
var files = args.Where(a => a != "--compare").ToList();
if (files.Count == 0)
{
    Console.Error.WriteLine("usage: bench/pod-security [--compare] FILE.jsonl…");
    return 2;
}
var rows = files.SelectMany(File.ReadLines).Select(l => (JsonObject)JsonNode.Parse(l)!).ToList();
LevelVersion[] policies =
[
    .. new[] { PodSecurityLevel.Baseline, PodSecurityLevel.Restricted }.SelectMany(l => Enumerable
        .Range(0, PodSecurityEvaluator.NewestKnownMinor + 1).Select(m => new LevelVersion(l, PodSecurityVersion.OfMinor(m)))
        .Append(new(l, PodSecurityVersion.Latest))),
];
return compare ? Compare() : Measure();

int Measure()
{
    var pods = rows.Select(r => r.Object("pod")!.ToUtf8()).ToArray();
    LevelVersion restricted = new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);
    var passing = pods.Where(p => PodSecurityEvaluator.Default.Evaluate(p, restricted).IsAllowed).ToArray();
    Console.WriteLine($"{pods.Length} pods, {policies.Length} policies");
    Print("verdict, pod read once for all policies", pods.Length * policies.Length, () =>
    {
        var refused = 0;
        foreach (var pod in pods)
        {
            var facts = PodFacts.Read(pod);
            foreach (var policy in policies)
            {
                if (!PodSecurityEvaluator.Default.Allows(facts, policy)) refused++;
            }
        }
        return refused;
    });
    Print("verdict and text", pods.Length * policies.Length, () =>
    {
        var length = 0;
        foreach (var pod in pods)
        {
            var facts = PodFacts.Read(pod);
            foreach (var policy in policies)
            {
                var verdict = PodSecurityEvaluator.Default.Evaluate(facts, policy);
                if (!verdict.IsAllowed) length += verdict.Details.Length;
            }
        }
        return length;
    });
    Print("verdict from JSON, each time read anew", pods.Length, () => pods.Count(p => !PodSecurityEvaluator.Default.Evaluate(p, restricted).IsAllowed));
    if (passing.Length > 0)
    {
        Print($"a passing pod from JSON ({passing.Average(p => p.Length):0} bytes)", passing.Length * 100, () =>
        {
            var allowed = 0;
            for (var i = 0; i < 100; i++)
            {
                foreach (var pod in passing)
                {
                    if (PodSecurityEvaluator.Default.Evaluate(pod, restricted).IsAllowed) allowed++;
                }
            }
            return allowed;
        });
    }
    return 0;
}

static void Print(string what, int evaluations, Func<int> run)
{
    var best = double.MaxValue;
    long bytes = 0;
    run();
    for (var i = 0; i < 5; i++)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        run();
        best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalNanoseconds / evaluations);
        bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / evaluations;
    }
    Console.WriteLine($"{what,-48} {best,9:0} ns {bytes,8} B");
}

int Compare()
{
    var (evaluations, differences) = (0, new List<string>());
    foreach (var row in rows)
    {
        var pod = row.Object("pod")!;
        var json = pod.ToUtf8();
        var facts = PodFacts.Read(json);
        foreach (var policy in policies)
        {
            evaluations++;
            var expected = row.Objects("verdicts").FirstOrDefault(v => v.Text("level") == policy.Level.Word && Covers(v.Text("versions")!, policy.Version));
            var verdict = PodSecurityEvaluator.Default.Evaluate(facts, policy);
            if (verdict.Details == (expected?.Text("detail") ?? "") && verdict.Reasons == (expected?.Text("reason") ?? "")) continue;
            differences.Add($"{pod.Name} {policy}\n  expected {expected?.Text("detail") ?? "allowed"}\n  got      {verdict.Details}");
        }
    }
    Console.WriteLine($"{evaluations - differences.Count} of {evaluations} verdicts are equal");
    foreach (var difference in differences.Take(10)) Console.WriteLine(difference);
    return differences.Count == 0 ? 0 : 1;
}

static bool Covers(string versions, PodSecurityVersion version)
{
    var ends = versions.Split('-');
    return PodSecurityVersion.TryParse(ends[0], out var first) && PodSecurityVersion.TryParse(ends[^1], out var last) &&
        version.CompareTo(first) >= 0 && version.CompareTo(last) <= 0;
}
