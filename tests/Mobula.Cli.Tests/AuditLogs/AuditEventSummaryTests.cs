using System.Text.Json.Nodes;
using Mobula.Cli.AuditLogs;

namespace Mobula.Cli.Tests.AuditLogs;

public sealed class AuditEventSummaryTests
{
    private const string Refused =
        """
        pods "raycluster-complete-head-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (containers "ray-head", "side" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "ray-head" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "ray-head" must set securityContext.runAsNonRoot=true), host namespaces (hostNetwork=true)
        """;

    [Fact]
    public void Refused_pod_is_told_container_by_container()
    {
        var summary = Event(403, Refused);

        Assert.True(summary.IsDenied);
        Assert.Equal("sa pod-security/mobula-operator", summary.User);
        Assert.Equal("create pods raycluster-complete-head-x", summary.What);
        Assert.Equal("restricted:latest", summary.Why);
        Assert.Equal(
            [
                ("ray-head", "allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true"),
                ("side", "allowPrivilegeEscalation != false"),
                ("pod", "host namespaces"),
            ],
            summary.Violations!.Value.Containers);
    }

    [Fact]
    public void Other_refusal_keeps_its_message()
    {
        var summary = Event(403, "pods is forbidden: User \"x\" cannot create resource \"pods\"");

        Assert.Null(summary.Violations);
        Assert.Equal("pods is forbidden: User \"x\" cannot create resource \"pods\"", summary.Why);
    }

    private static AuditEventSummary Event(int code, string message) => new(new JsonObject
    {
        ["verb"] = "create",
        ["user"] = new JsonObject { ["username"] = "system:serviceaccount:pod-security:mobula-operator" },
        ["objectRef"] = new JsonObject { ["resource"] = "pods", ["namespace"] = "pod-security" },
        ["responseStatus"] = new JsonObject { ["code"] = code, ["message"] = message },
    });
}
