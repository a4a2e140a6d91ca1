using Microsoft.Extensions.Time.Testing;
using Mobula.Cli.Clusters;

namespace Mobula.Cli.Tests.Clusters;

public sealed class NetworkClaimsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mobula-claims-").FullName;
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Clusters_of_different_data_directories_get_different_networks()
    {
        var claims = Claims();

        var taken = Enumerable.Range(0, 4).AsParallel().Select(i => claims.Take(Cluster($"data-{i}"), [])).ToHashSet();

        Assert.Equal(4, taken.Count);
    }

    [Fact]
    public void Network_is_free_again_when_its_cluster_gives_it_back()
    {
        var claims = Claims();
        var first = claims.Take(Cluster("a"), []);

        claims.Release(Cluster("b"), first);
        var second = claims.Take(Cluster("b"), []);
        claims.Release(Cluster("a"), first);
        var third = claims.Take(Cluster("c"), []);

        Assert.NotEqual(first, second);
        Assert.Equal(first, third);
    }

    [Fact]
    public void Claim_of_a_cluster_that_is_gone_ends_after_its_grace()
    {
        var claims = Claims();
        var first = claims.Take(Cluster("never-written"), []);

        Assert.NotEqual(first, claims.Take(Cluster("b"), []));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(first, claims.Take(Cluster("c"), []));
    }

    [Fact]
    public void Network_of_a_stopped_cluster_is_passed_over()
    {
        var first = Claims().Take(Cluster("a"), []);
        Claims().Release(Cluster("a"), first);

        Assert.NotEqual(first, Claims().Take(Cluster("b"), [first]));
    }

    private NetworkClaims Claims() => new(Path.Combine(_folder, "networks"), _time, taken => Enumerable.Range(0, 16).First(i => !taken.Contains(i)));

    private ClusterDirectory Cluster(string name) => new(Path.Combine(_folder, name));
}
