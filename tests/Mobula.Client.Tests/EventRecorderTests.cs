using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Mobula.Kubernetes;

namespace Mobula.Client.Tests;

public sealed class EventRecorderTests
{
    private readonly FakeTimeProvider _time = new(new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private static JsonObject ReplicaSet => new()
    {
        ["apiVersion"] = "apps/v1",
        ["kind"] = "ReplicaSet",
        ["metadata"] = new JsonObject { ["name"] = "web", ["namespace"] = "ns", ["uid"] = "u", ["resourceVersion"] = "3" },
    };

    [Fact]
    public async Task Repeated_event_raises_the_count_of_the_first()
    {
        var server = new ScriptedServer().Echo().Echo();
        await using (var recorder = new EventRecorder(server.Api, "replicaset-controller", time: _time))
        {
            recorder.Warning(ReplicaSet, "FailedCreate", "no");
            await server.ArrivedAsync(1);
            _time.Advance(TimeSpan.FromSeconds(30));
            recorder.Warning(ReplicaSet, "FailedCreate", "no");
            await server.ArrivedAsync(2);
        }
        Assert.Equal("POST /api/v1/namespaces/ns/events?fieldManager=tests", server.Requests[0]);
        var first = (JsonObject)JsonNode.Parse(server.Bodies[0])!;
        Assert.Equal("web.1886caf21c963200", first.Name);
        Assert.Equal("""{"kind":"ReplicaSet","namespace":"ns","name":"web","uid":"u","apiVersion":"apps/v1","resourceVersion":"3"}""", first["involvedObject"]!.ToJsonString());
        Assert.Equal("""{"component":"replicaset-controller"}""", first["source"]!.ToJsonString());
        Assert.Equal((1L, "2026-01-02T03:04:05Z", "replicaset-controller", ""), (first.Integer("count"), first.Text("lastTimestamp"), first.Text("reportingComponent"), first.Text("reportingInstance")));
        Assert.Equal("PATCH /api/v1/namespaces/ns/events/web.1886caf21c963200?fieldManager=tests", server.Requests[1]);
        Assert.Equal("""{"count":2,"lastTimestamp":"2026-01-02T03:04:35Z","message":"no"}""", server.Bodies[1]);
    }

    [Fact]
    public async Task Count_of_a_deleted_event_lives_on_in_a_new_one()
    {
        var server = new ScriptedServer().Echo().Error(404, "NotFound").Echo();
        await using (var recorder = new EventRecorder(server.Api, "c", time: _time))
        {
            recorder.Normal(ReplicaSet, "R", "m");
            recorder.Normal(ReplicaSet, "R", "m");
            await server.ArrivedAsync(3);
        }
        Assert.Equal(2, ((JsonObject)JsonNode.Parse(server.Bodies[2])!).Integer("count"));
    }

    [Fact]
    public void Tenth_message_of_a_kind_stands_for_all_that_follow()
    {
        var correlator = new EventCorrelator(_time);
        var written = Enumerable.Range(0, 12).Select(i => correlator.Correlate(new(SignificantEvent.Reference(ReplicaSet), "Normal", "R", $"m{i}"))!).ToArray();
        Assert.Equal("m8", written[8].Message);
        Assert.Equal(["(combined from similar events): m9", "(combined from similar events): m11"], [written[9].Message, written[11].Message]);
        Assert.Equal((written[9].Name, 3), (written[11].Name, written[11].Count));
        _time.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal("m99", correlator.Correlate(new(SignificantEvent.Reference(ReplicaSet), "Normal", "R", "m99"))!.Message);
    }

    [Fact]
    public void Flood_about_one_object_is_muted_after_twenty_five()
    {
        var correlator = new EventCorrelator(_time);
        var e = new SignificantEvent(SignificantEvent.Reference(ReplicaSet), "Normal", "R", "m");
        Assert.Equal(25, Enumerable.Range(0, 40).Count(_ => correlator.Correlate(e) is not null));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(41, correlator.Correlate(e)!.Count);
        Assert.Null(correlator.Correlate(e));
    }
}
