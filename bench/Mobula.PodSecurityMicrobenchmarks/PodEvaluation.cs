using System.Text;
using BenchmarkDotNet.Attributes;
using Mobula.PodSecurity;

namespace Mobula.PodSecurityMicrobenchmarks;

/// <summary>One pod by one policy, from its JSON: the three outcomes an admission meets.</summary>
[MemoryDiagnoser]
public class PodEvaluation
{
    private static readonly LevelVersion Restricted = new(PodSecurityLevel.Restricted, PodSecurityVersion.Latest);

    private readonly byte[] _hardened = Encoding.UTF8.GetBytes("""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","labels":{"app":"web"}},"spec":{"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"app","image":"registry.example.com/app:1","ports":[{"containerPort":8080}],"resources":{"limits":{"memory":"128Mi"}},"securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}
        """);

    private readonly byte[] _bare = Encoding.UTF8.GetBytes("""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n"},"spec":{"containers":[{"name":"app","image":"registry.example.com/app:1"},{"name":"sidecar","image":"registry.example.com/sidecar:1"}]}}
        """);

    /// <summary>A pod that passes: the outcome that must allocate nothing.</summary>
    [Benchmark(Baseline = true)]
    public bool Passing() => PodSecurityEvaluator.Default.Evaluate(_hardened, Restricted).IsAllowed;

    /// <summary>A pod that is refused, asked for the verdict only.</summary>
    [Benchmark]
    public bool Refused() => PodSecurityEvaluator.Default.Allows(PodFacts.Read(_bare), Restricted);

    /// <summary>A pod that is refused, with Kubernetes' text.</summary>
    [Benchmark]
    public int RefusedWithText() => PodSecurityEvaluator.Default.Evaluate(_bare, Restricted).Details.Length;
}
