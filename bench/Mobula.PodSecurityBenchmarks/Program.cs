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
    var evaluator = PodSecurityEvaluator.Default;
    var pods = rows.Select(r => r.Object("pod")!.ToUtf8()).ToArray();
    LevelVersion restricted = new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);
    var passing = pods.Where(p => evaluator.Evaluate(p, restricted).IsAllowed).ToArray();
    var refused = pods.Sum(p => policies.Count(policy => !evaluator.Evaluate(p, policy).IsAllowed));
    Console.WriteLine($"""
        {pods.Length} pods of {pods.Average(p => p.Length):0} bytes of UTF-8 JSON on average; {policies.Length} policies: baseline and restricted, v1.0 to v1.{PodSecurityEvaluator.NewestKnownMinor} and latest;
        {refused} of {pods.Length * policies.Length} evaluations refuse. An evaluation is one pod by one policy on one thread. The evaluations of a pod are timed
        together, five times; the best counts; the table tells the mean over the pods.
        """);
    Print("from JSON, read anew each time: verdict", pods, policies.Length, pod =>
    {
        var allowed = 0;
        foreach (var policy in policies)
        {
            if (evaluator.Allows(PodFacts.Read(pod), policy)) allowed++;
        }
        return allowed;
    });
    Print("from JSON, read anew each time: verdict and text", pods, policies.Length, pod =>
    {
        var length = 0;
        foreach (var policy in policies) length += evaluator.Evaluate(pod, policy).Details.Length;
        return length;
    });
    Print("pod read once, then all policies: verdict", pods, policies.Length, pod =>
    {
        var allowed = 0;
        var facts = PodFacts.Read(pod);
        foreach (var policy in policies)
        {
            if (evaluator.Allows(facts, policy)) allowed++;
        }
        return allowed;
    });
    if (passing.Length == 0) return 0;
    Print($"from JSON: one that passes restricted:latest ({passing.Length} of {passing.Average(p => p.Length):0} bytes)", passing, 100, pod =>
    {
        var allowed = 0;
        for (var i = 0; i < 100; i++)
        {
            if (evaluator.Evaluate(pod, restricted).IsAllowed) allowed++;
        }
        return allowed;
    });
    return 0;
}

static void Print(string what, byte[][] pods, int evaluationsOfPod, Func<byte[], int> evaluate)
{
    var best = new double[pods.Length];
    Array.Fill(best, double.MaxValue);
    long bytes = 0;
    foreach (var pod in pods) evaluate(pod);
    for (var round = 0; round < 5; round++)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < pods.Length; i++)
        {
            var started = Stopwatch.GetTimestamp();
            evaluate(pods[i]);
            best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(started).TotalNanoseconds);
        }
        bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
    }
    Console.WriteLine($"{what,-72} {best.Average() / evaluationsOfPod,8:0} ns {bytes / (pods.Length * evaluationsOfPod),6} B");
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
