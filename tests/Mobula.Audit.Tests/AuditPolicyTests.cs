namespace Mobula.Audit.Tests;

public sealed class AuditPolicyTests
{
    private static readonly AuditAttributes Create = new()
    {
        UserName = "alice", Groups = ["dev", "system:authenticated"], Verb = "create", IsResourceRequest = true,
        Resource = "pods", Namespace = "demo", Path = "/api/v1/namespaces/demo/pods",
    };

    [Theory]
    [InlineData("users: [alice]", true)]
    [InlineData("users: [Alice]", false)]
    [InlineData("userGroups: [ops, dev]", true)]
    [InlineData("userGroups: [ops]", false)]
    [InlineData("verbs: [create, update]", true)]
    [InlineData("verbs: ['*']", false)]
    [InlineData("namespaces: [demo]", true)]
    [InlineData("namespaces: ['']", false)]
    [InlineData("nonResourceURLs: ['*']", false)]
    [InlineData("resources: [{group: ''}]", true)]
    [InlineData("resources: [{group: apps}]", false)]
    [InlineData("resources: [{group: '*', resources: ['*']}]", true)]
    [InlineData("resources: [{resources: [pods]}]", true)]
    [InlineData("resources: [{resources: ['pods/*']}]", true)]
    [InlineData("resources: [{resources: ['*/*']}]", false)]
    [InlineData("resources: [{resources: [pods/log]}]", false)]
    [InlineData("resources: [{resources: [pods], resourceNames: [a]}]", false)]
    [InlineData("resources: [{group: apps}, {group: ''}]", true)]
    public void Rule_matches_a_create(string condition, bool matches) => Assert.Equal(matches, Decide(condition, Create));

    [Theory]
    [InlineData("pods", false)]
    [InlineData("pods/log", true)]
    [InlineData("pods/*", true)]
    [InlineData("*/log", true)]
    [InlineData("*/exec", false)]
    [InlineData("*", true)]
    [InlineData("deployments/log", false)]
    public void Pattern_matches_a_subresource(string pattern, bool matches) =>
        Assert.Equal(matches, Decide($"resources: [{{resources: ['{pattern}']}}]", Create with { Subresource = "log", Verb = "get", Name = "a" }));

    [Theory]
    [InlineData("/healthz", "/healthz", true)]
    [InlineData("/healthz*", "/healthz/ping", true)]
    [InlineData("/healthz", "/healthz/ping", false)]
    [InlineData("*", "/version", true)]
    public void Url_pattern_matches_a_path(string pattern, string path, bool matches) =>
        Assert.Equal(matches, Decide($"nonResourceURLs: ['{pattern}']", new() { UserName = "a", Verb = "get", Path = path }));

    [Fact]
    public void Request_without_a_user_matches_no_rule_about_users() =>
        Assert.False(Decide("userGroups: ['system:unauthenticated']", Create with { UserName = null, Groups = [] }));

    [Fact]
    public void First_matching_rule_decides_and_stages_add_up()
    {
        var policy = AuditPolicyReader.Read("""
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            omitManagedFields: true
            rules:
            - level: RequestResponse
              verbs: [create]
              omitStages: [Panic]
            - level: Metadata
              omitManagedFields: false
            """, "f");
        var create = policy.Decide(Create);
        Assert.Equal(new(AuditLevel.RequestResponse, AuditStages.RequestReceived | AuditStages.Panic, true), create);
        Assert.False(create.Records(AuditStages.RequestReceived));
        Assert.True(create.Records(AuditStages.ResponseComplete));
        Assert.Equal(new(AuditLevel.Metadata, AuditStages.RequestReceived, false), policy.Decide(Create with { Verb = "get" }));
    }

    private static bool Decide(string condition, AuditAttributes request) => AuditPolicyReader
        .Read($"apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n  {condition}\n", "f")
        .Decide(request).Level == AuditLevel.Metadata;
}
