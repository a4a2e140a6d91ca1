using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;

namespace Mobula.Audit.Tests;

public sealed class AuditEventTests
{
    private static readonly DateTimeOffset Noon = new(2026, 7, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly AuditEvent Denied = new()
    {
        Level = AuditLevel.Metadata, AuditId = "id", Stage = AuditStages.ResponseComplete, RequestUri = "/api/v1/namespaces/demo/pods",
        Verb = "create", User = new() { UserName = "alice", Groups = ["dev"] }, SourceIPs = ["10.0.0.7"], UserAgent = "kubectl/…",
        ObjectRef = new() { Resource = "pods", Namespace = "demo", Name = "bad", ApiVersion = "v1" },
        ResponseCode = 403,
        ResponseStatus = (JsonObject)JsonNode.Parse("""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"m","reason":"Forbidden","details":{"name":"bad","kind":"pods"},"code":403}""")!,
        RequestObject = new JsonObject { ["secret"] = "x" },
        RequestReceived = Noon.AddTicks(1234560), StageTime = Noon,
        Annotations = new Dictionary<string, string> { ["b"] = "2 <&>", ["a"] = "1" },
    };

    [Fact]
    public void Denial_at_metadata_has_the_recorded_fields_in_order_and_no_bodies() => Assert.Equal(
        """{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"id","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/demo/pods","verb":"create","user":{"username":"alice","groups":["dev"]},"sourceIPs":["10.0.0.7"],"userAgent":"kubectl/…","objectRef":{"resource":"pods","namespace":"demo","name":"bad","apiVersion":"v1"},"responseStatus":{"metadata":{},"status":"Failure","message":"m","reason":"Forbidden","details":{"name":"bad","kind":"pods"},"code":403},"requestReceivedTimestamp":"2026-07-01T12:00:00.123456Z","stageTimestamp":"2026-07-01T12:00:00.000000Z","annotations":{"a":"1","b":"2 <&>"}}""",
        Json(Denied));

    [Fact]
    public void Success_has_the_code_alone_and_nobody_is_an_empty_user()
    {
        var json = Json(Denied with { User = null, ResponseStatus = null, ResponseCode = 200, ObjectRef = null, Annotations = null });
        Assert.Contains("\"user\":{},", json, StringComparison.Ordinal);
        Assert.Contains("\"responseStatus\":{\"metadata\":{},\"code\":200}", json, StringComparison.Ordinal);
        Assert.DoesNotContain("objectRef", json, StringComparison.Ordinal);
        Assert.DoesNotContain("annotations", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Request_level_writes_the_request_but_not_the_answer()
    {
        var json = Json(Denied with { Level = AuditLevel.Request, ResponseObject = new JsonObject() });
        Assert.Contains("\"requestObject\":{\"secret\":\"x\"}", json, StringComparison.Ordinal);
        Assert.DoesNotContain("responseObject", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Managed_fields_are_left_out_of_objects_lists_and_tables_but_not_of_patches()
    {
        var body = JsonNode.Parse("""{"kind":"Table","metadata":{"name":"a","managedFields":[1]},"items":[{"metadata":{"managedFields":[1]}}],"rows":[{"cells":[1],"object":{"metadata":{"managedFields":[1],"x":null}}}]}""")!;
        var omitted = Denied with { Level = AuditLevel.RequestResponse, RequestObject = body, ResponseObject = body, OmitManagedFields = true };
        Assert.DoesNotContain("managedFields", Json(omitted), StringComparison.Ordinal);
        Assert.Contains("\"requestObject\":{\"kind\":\"Table\",\"metadata\":{\"name\":\"a\",\"managedFields\":[1]}", Json(omitted with { IsPatch = true }), StringComparison.Ordinal);
        Assert.Contains("\"object\":{\"metadata\":{\"x\":null}}", Json(omitted), StringComparison.Ordinal);
    }

    [Fact]
    public void Long_user_agent_is_cut() =>
        Assert.Contains($"\"userAgent\":\"{new string('a', 1024)}...TRUNCATED\"", Json(Denied with { UserAgent = new('a', 1025) }), StringComparison.Ordinal);

    internal static string Json(AuditEvent auditEvent)
    {
        var buffer = new ArrayBufferWriter<byte>();
        auditEvent.WriteTo(buffer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
