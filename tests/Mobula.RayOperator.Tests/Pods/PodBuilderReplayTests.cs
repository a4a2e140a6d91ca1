using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.Ray;
using Mobula.RayOperator.Clusters;
using Mobula.RayOperator.Hashing;
using Mobula.RayOperator.Pods;
using Mobula.RayOperator.Services;
using Mobula.RayOperator.Tests.Replay;

namespace Mobula.RayOperator.Tests.Pods;

public class PodBuilderReplayTests(ITestOutputHelper output)
{
    /// <summary>Pods with TLS are not made yet.</summary>
    public static TheoryData<string> Recordings => [.. Recording.Names.Where(n => n is not ("gated-mtls" or "crd-validation"))];

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Pods_of_a_recording_are_built_equal(string name)
    {
        var (compared, differences) = (0, new List<string>());
        foreach (var (pod, partial, owners) in RecordedClusters.Children(Recording.Load(name), "Pod"))
        {
            compared++;
            var best = owners.Select(owner => Differences(owner, pod, partial)).MinBy(d => d.Count)!;
            differences.AddRange(best.Select(d => $"{pod.Name}: {d}"));
        }
        output.WriteLine($"{compared} pods compared");
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(30)));
    }

    [Theory]
    [MemberData(nameof(Recordings))]
    public void Services_of_a_recording_are_built_equal(string name)
    {
        var (compared, differences) = (0, new List<string>());
        foreach (var (service, partial, owners) in RecordedClusters.Children(Recording.Load(name), "Service"))
        {
            // One conversation edits a Service by hand, and the operator leaves it so.
            if (service.Label("more") is not null) continue;
            compared++;
            var best = owners.Select(owner => StoredForm.Differences(Build(owner, service), service, partial)).MinBy(d => d.Count)!;
            differences.AddRange(best.Select(d => $"{service.Name}: {d}"));
        }
        output.WriteLine($"{compared} services compared");
        Assert.True(differences.Count == 0, string.Join('\n', differences.Take(30)));
    }

    [Fact]
    public void Redis_cleanup_Job_of_the_recording_is_built_equal()
    {
        var jobs = RecordedClusters.Children(Recording.Load("gcs-ft-redis"), "Job").ToArray();
        Assert.NotEmpty(jobs);
        foreach (var (job, partial, owners) in jobs)
        {
            foreach (var label in (string[])["batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"])
            {
                job.Object("spec", "template", "metadata", "labels")!.Remove(label);
            }
            Assert.Empty(owners.Select(owner => StoredForm.Differences(RedisCleanupJob.Build(owner), job, partial)).MinBy(d => d.Count)!);
        }
    }

    private static List<string> Differences(RayClusterView owner, JsonObject pod, bool partial)
    {
        JsonObject built;
        if (pod.Label(RayLabels.NodeType) == RayLabels.Head)
        {
            built = PodBuilder.Head(owner, SpecHash.Compute(owner.Object.Object("spec")!));
            // The RayService controller sets this label anew once the head answers.
            if (pod.Label(RayLabels.Serve) is { } serve) built.Ensure("metadata", "labels")[RayLabels.Serve] = serve;
        }
        else
        {
            if (RecordedClusters.Group(owner, pod) is not { } group) return [.. Enumerable.Repeat($"no group {pod.Label(RayLabels.Group)}", 1000)];
            var index = int.Parse(pod.Label(RayLabels.ReplicaIndex)!, null);
            built = PodBuilder.Worker(owner, group, new(index));
        }
        return StoredForm.Differences(built, pod, partial);
    }

    private static JsonObject Build(RayClusterView owner, JsonObject service) =>
        service.Label(RayLabels.NodeType) == RayLabels.Head ? ServiceBuilder.Head(owner)
        : service.Name.EndsWith("-headless", StringComparison.Ordinal) ? ServiceBuilder.HeadlessWorkers(owner) ?? []
        : ServiceBuilder.Serve(owner);
}
