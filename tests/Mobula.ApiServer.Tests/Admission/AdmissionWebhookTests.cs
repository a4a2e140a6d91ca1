using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Mobula.ApiServer.Admission.Webhooks;
using Mobula.ApiServer.Tests.Kinds;
using Mobula.Kubernetes;

namespace Mobula.ApiServer.Tests.Admission;

/// <summary>Registered webhooks, beyond what the recordings show.</summary>
public sealed class AdmissionWebhookTests(TableServer server) : IClassFixture<TableServer>, IAsyncLifetime
{
    private static int _count;
    private readonly string _ns = $"hooks-{Interlocked.Increment(ref _count)}";
    private readonly List<string> _registered = [];
    private TestWebhook _hook = null!;

    public async ValueTask InitializeAsync()
    {
        _hook = await TestWebhook.StartAsync($"hook.{_ns}.svc");
        await server.CreateNamespaceAsync(_ns);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var path in _registered) await server.Http.DeleteAsync(path);
        await _hook.DisposeAsync();
    }

    [Theory]
    [InlineData("CREATE", "", "v1", "pods", "", true, "CREATE", "", "v1", "pods", "*", true)]
    [InlineData("UPDATE", "", "v1", "pods", "", true, "CREATE", "", "v1", "pods", "*", false)]
    [InlineData("CREATE", "apps", "v1", "deployments", "", true, "*", "*", "*", "*", "*", true)]
    [InlineData("CREATE", "", "v1", "pods", "binding", true, "*", "*", "*", "*", "*", false)]
    [InlineData("CREATE", "", "v1", "pods", "binding", true, "*", "*", "*", "*/*", "*", true)]
    [InlineData("CREATE", "", "v1", "pods", "binding", true, "*", "*", "*", "pods/*", "*", true)]
    [InlineData("CREATE", "", "v1", "pods", "", true, "*", "*", "*", "pods/*", "*", true)]
    [InlineData("CREATE", "", "v1", "pods", "binding", true, "*", "*", "*", "*/scale", "*", false)]
    [InlineData("CREATE", "", "v1", "nodes", "", false, "*", "*", "*", "*", "Namespaced", false)]
    [InlineData("CREATE", "", "v1", "nodes", "", false, "*", "*", "*", "*", "Cluster", true)]
    [InlineData("CREATE", "", "v1", "pods", "", true, "*", "*", "*", "*", "Cluster", false)]
    public void Rule_matches_as_Kubernetes_says(
        string operation, string group, string version, string resource, string subresource, bool isNamespaced,
        string ruleOperation, string ruleGroup, string ruleVersion, string ruleResource, string scope, bool matches)
    {
        var rule = new WebhookRule([ruleOperation], [ruleGroup], [ruleVersion], [ruleResource], scope);

        Assert.Equal(matches, rule.Matches(operation, new(group, version, resource), subresource, isNamespaced));
    }

    [Theory]
    [InlineData("not json", "failed to call webhook: couldn't get version/kind; json parse error: invalid character 'o' in literal null (expecting 'u')")]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1beta1\"}", "received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1beta1, Kind=AdmissionReview")]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\"}", "received invalid webhook response: webhook response was absent")]
    [InlineData("{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"response\":{\"uid\":\"a\",\"allowed\":true}}", "received invalid webhook response: expected response.uid=\"")]
    public async Task Answer_that_is_none_fails_closed(string text, string why)
    {
        _hook.Answer = _ => Task.FromResult((200, text));
        await RegisterAsync(_hook.Registration($"{_ns}-bad", _ns));

        var (status, body, _) = await CreateAsync();

        Assert.Equal(500, status);
        Assert.Contains($"Internal error occurred: failed calling webhook \"{_ns}-bad.example.com\": {why}", Message(body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "the server could not find the requested resource")]
    [InlineData(503, "the server is currently unable to handle the request")]
    [InlineData(500, "an error on the server (\"oops\") has prevented the request from succeeding")]
    public async Task Http_errors_of_the_webhook_are_told(int code, string why)
    {
        _hook.Answer = _ => Task.FromResult((code, "oops"));
        await RegisterAsync(_hook.Registration($"{_ns}-err", _ns));

        var (_, body, _) = await CreateAsync();

        Assert.EndsWith($"failed to call webhook: {why}", Message(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhook_that_is_slow_runs_into_its_timeout_and_failurePolicy_decides()
    {
        var ended = new TaskCompletionSource();
        _hook.Answer = async review =>
        {
            await ended.Task;
            return TestWebhook.Respond(review, new JsonObject { ["allowed"] = false });
        };
        var registration = _hook.Registration($"{_ns}-slow", _ns);
        var hook = registration.Objects("webhooks").Single();
        hook["timeoutSeconds"] = 1;
        await RegisterAsync(registration);
        var (status, body, _) = await CreateAsync();
        Assert.Equal(500, status);
        Assert.Equal($"Internal error occurred: failed calling webhook \"{_ns}-slow.example.com\": failed to call webhook: Post \"https://127.0.0.1:{_hook.Port}/x?timeout=1s\": context deadline exceeded", Message(body));

        var open = _hook.Registration($"{_ns}-open", _ns);
        var openHook = open.Objects("webhooks").Single();
        openHook["timeoutSeconds"] = 1;
        openHook["failurePolicy"] = "Ignore";
        await server.Http.DeleteAsync(_registered[0]);
        await RegisterAsync(open);
        (status, _, _) = await CreateAsync();
        Assert.Equal(201, status);
        ended.SetResult();
    }

    [Fact]
    public async Task Selectors_choose_by_labels_of_object_and_namespace()
    {
        _hook.Answer = review => Task.FromResult(TestWebhook.Respond(review, new JsonObject { ["allowed"] = false }));
        var registration = _hook.Registration($"{_ns}-sel", _ns);
        registration.Objects("webhooks").Single()["objectSelector"] = JsonNode.Parse("""{"matchExpressions":[{"key":"look","operator":"Exists"}]}""");
        await RegisterAsync(registration);
        await server.CreateNamespaceAsync($"{_ns}-other");

        Assert.Equal(201, (await CreateAsync()).Status);
        Assert.Equal(400, (await CreateAsync("b", labels: new JsonObject { ["look"] = "1" })).Status);
        Assert.Equal(201, (await CreateAsync("b", $"{_ns}-other", new JsonObject { ["look"] = "1" })).Status);
    }

    [Theory]
    [InlineData("object.metadata.name != 'a'", "Fail", 201, 0)]
    [InlineData("object.metadata.name == 'a' && request.operation == 'CREATE' && request.userInfo.username == 'admin'", "Fail", 400, 1)]
    [InlineData("!has(object.metadata.labels) && oldObject == null", "Fail", 400, 1)]
    [InlineData("object.metadata.labels.x == 'y'", "Fail", 403, 0)]
    [InlineData("object.metadata.labels.x == 'y'", "Ignore", 201, 0)]
    public async Task Conditions_decide_who_is_asked(string expression, string failurePolicy, int wanted, int calls)
    {
        _hook.Answer = review => Task.FromResult(TestWebhook.Respond(review, new JsonObject { ["allowed"] = false }));
        var registration = _hook.Registration($"{_ns}-cel", _ns);
        var hook = registration.Objects("webhooks").Single();
        hook["failurePolicy"] = failurePolicy;
        hook["matchConditions"] = new JsonArray(new JsonObject { ["name"] = "c", ["expression"] = expression });
        await RegisterAsync(registration);

        var (status, body, _) = await CreateAsync();

        Assert.True(wanted == status, body);
        Assert.Equal(calls, _hook.Reviews.Count);
        if (wanted == 403) Assert.StartsWith($"configmaps \"a\" is forbidden: expression '{expression}' resulted in error: ", Message(body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Condition_that_is_not_met_outweighs_one_that_fails()
    {
        var registration = _hook.Registration($"{_ns}-two", _ns);
        registration.Objects("webhooks").Single()["matchConditions"] = JsonNode.Parse("""[{"name":"fails","expression":"object.nope == 1"},{"name":"not","expression":"false"}]""");
        await RegisterAsync(registration);

        Assert.Equal(201, (await CreateAsync()).Status);
        Assert.Empty(_hook.Reviews);
    }

    [Theory]
    [InlineData("", "true", "matchConditions[0].name: Required value")]
    [InlineData("a", "1", "matchConditions[0].expression: Invalid value: \"1\": must evaluate to bool")]
    [InlineData("a", "nope(", "matchConditions[0].expression: Invalid value: \"nope(\": compilation failed: ERROR: <input>:1:")]
    [InlineData("a", "", "matchConditions[0].expression: Required value")]
    [InlineData("a b", "true", "matchConditions[0].name: Invalid value: \"a b\"")]
    public async Task Condition_that_is_none_is_refused(string name, string expression, string why)
    {
        var registration = _hook.Registration($"{_ns}-none", _ns);
        registration.Objects("webhooks").Single()["matchConditions"] = new JsonArray(new JsonObject { ["name"] = name, ["expression"] = expression });

        var (status, text, _) = await server.PostAsync("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", registration);

        Assert.Equal(422, status);
        Assert.Contains(why, Message(text), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Equivalent", 1)]
    [InlineData("Exact", 0)]
    public async Task Other_version_of_the_resource_is_sent_as_the_rule_names_it(string matchPolicy, int calls)
    {
        var registration = _hook.Registration($"{_ns}-{matchPolicy.ToLowerInvariant()}", _ns);
        var hook = registration.Objects("webhooks").Single();
        hook["matchPolicy"] = matchPolicy;
        hook["rules"] = JsonNode.Parse("""[{"apiGroups":["events.k8s.io"],"apiVersions":["v1"],"operations":["CREATE"],"resources":["events"]}]""");
        await RegisterAsync(registration);

        var (status, body, _) = await server.PostAsync($"/api/v1/namespaces/{_ns}/events", (JsonObject)JsonNode.Parse($$"""
            {"apiVersion":"v1","kind":"Event","metadata":{"name":"e-{{matchPolicy.ToLowerInvariant()}}","namespace":"{{_ns}}"},"involvedObject":{"kind":"Pod","name":"p","namespace":"{{_ns}}"},"message":"hello","type":"Normal","reason":"R"}
            """)!);

        Assert.True(status == 201, body);
        Assert.Equal(calls, _hook.Reviews.Count);
        if (calls == 0) return;
        var request = _hook.Reviews[0].Object("request")!;
        Assert.Equal(("events.k8s.io", ""), (request.Text("resource", "group"), request.Text("requestResource", "group")));
        Assert.Equal(("events.k8s.io/v1", "hello"), (request.Text("object", "apiVersion"), request.Text("object", "note")));
    }

    [Fact]
    public async Task Registrations_are_never_reviewed()
    {
        _hook.Answer = review => Task.FromResult(TestWebhook.Respond(review, new JsonObject { ["allowed"] = false }));
        var registration = _hook.Registration($"{_ns}-all", _ns);
        var hook = registration.Objects("webhooks").Single();
        hook.Remove("namespaceSelector");
        hook["objectSelector"] = JsonNode.Parse("""{"matchLabels":{"test":"all"}}""");
        hook["rules"] = JsonNode.Parse("""[{"apiGroups":["*"],"apiVersions":["*"],"operations":["*"],"resources":["*/*"]}]""");
        registration.Metadata["labels"] = new JsonObject { ["test"] = "all" };
        await RegisterAsync(registration);

        using var gone = await server.Http.DeleteAsync(_registered[0]);

        Assert.True(gone.IsSuccessStatusCode);
        Assert.Empty(_hook.Reviews);
    }

    [Fact]
    public async Task Container_that_a_webhook_adds_gets_what_the_plugins_give()
    {
        _hook.Answer = review => Task.FromResult(TestWebhook.Respond(review, new JsonObject
        {
            ["allowed"] = true,
            ["patchType"] = "JSONPatch",
            ["patch"] = Convert.ToBase64String("""[{"op":"add","path":"/spec/containers/-","value":{"name":"sidecar","image":"s"}}]"""u8),
        }));
        var registration = _hook.Registration($"{_ns}-side", _ns, "MutatingWebhookConfiguration");
        registration.Objects("webhooks").Single()["rules"] = JsonNode.Parse("""[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods"]}]""");
        await RegisterAsync(registration);

        var (status, body, _) = await server.PostAsync($"/api/v1/namespaces/{_ns}/pods", (JsonObject)JsonNode.Parse("""
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[{"name":"c","image":"i"}]}}
            """)!);

        Assert.True(status == 201, body);
        var containers = ((JsonObject)JsonNode.Parse(body)!).Objects("spec", "containers").ToList();
        Assert.Equal(["c", "sidecar"], containers.Select(c => c.Text("name")));
        Assert.All(containers, c => Assert.Contains(c.Objects("volumeMounts"), m => m.Text("mountPath") == "/var/run/secrets/kubernetes.io/serviceaccount"));
        Assert.Equal("Always", containers[1].Text("imagePullPolicy"));
        Assert.Single(_hook.Reviews);
    }

    [Fact]
    public async Task Service_leads_to_a_ready_endpoint()
    {
        var address = NetworkInterface.GetAllNetworkInterfaces().Where(i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses).FirstOrDefault(a => a.Address.AddressFamily == AddressFamily.InterNetwork)?.Address;
        Assert.SkipWhen(address is null, "the machine has no address but loopback, which no endpoint may have");
        var registration = _hook.Registration($"{_ns}-svc", _ns);
        registration.Objects("webhooks").Single()["clientConfig"] = JsonNode.Parse($$"""{"service":{"namespace":"{{_ns}}","name":"hook","path":"/p"},"caBundle":"{{_hook.Bundle}}"}""");
        await RegisterAsync(registration);
        Assert.EndsWith($"Post \"https://hook.{_ns}.svc:443/p?timeout=10s\": service \"hook\" not found", Message((await CreateAsync()).Text), StringComparison.Ordinal);

        await server.PostAsync($"/api/v1/namespaces/{_ns}/services", (JsonObject)JsonNode.Parse("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"hook"},"spec":{"ports":[{"name":"https","port":443}]}}""")!);
        Assert.EndsWith("no endpoints available for service \"hook\"", Message((await CreateAsync()).Text), StringComparison.Ordinal);

        var (status, body, _) = await server.PostAsync($"/apis/discovery.k8s.io/v1/namespaces/{_ns}/endpointslices", (JsonObject)JsonNode.Parse($$"""
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"hook-1","labels":{"kubernetes.io/service-name":"hook"} },"addressType":"IPv4",
             "ports":[{"name":"https","port":{{_hook.Port}},"protocol":"TCP"}],
             "endpoints":[{"addresses":["192.0.2.1"],"conditions":{"ready":false} },{"addresses":["{{address}}"],"conditions":{"ready":true} }]}
            """)!);
        Assert.True(status == 201, body);

        (status, body, _) = await CreateAsync();
        Assert.True(status == 201, body);
        Assert.Single(_hook.Reviews);
    }

    private async Task RegisterAsync(JsonObject configuration)
    {
        var path = $"/apis/admissionregistration.k8s.io/v1/{configuration.Kind.ToLowerInvariant()}s";
        var (status, text, _) = await server.PostAsync(path, configuration);
        Assert.True(status == 201, text);
        _registered.Add($"{path}/{configuration.Name}");
    }

    private Task<(int Status, string Text, IReadOnlyList<string> Warnings)> CreateAsync(string name = "a", string? ns = null, JsonObject? labels = null) =>
        server.PostAsync($"/api/v1/namespaces/{ns ?? _ns}/configmaps", new() { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = labels } });

    private static string Message(string body) => ((JsonObject)JsonNode.Parse(body)!).Text("message") ?? "";
}
