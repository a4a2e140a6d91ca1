using System.Text.Json.Nodes;
using Mobula.Kubernetes;
using Mobula.RayOperator.Pods;

namespace Mobula.RayOperator.Tests.Pods;

public class RestrictedDefaultsTests
{
    private const string Restricted =
        """{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}""";

    private static JsonObject Pod(string containerContext, string podContext = "null") => KubernetesJson.ParseObject(System.Text.Encoding.UTF8.GetBytes(
        $$"""{"securityContext":{{podContext}},"initContainers":[{"name":"i"}],"containers":[{"name":"c","securityContext":{{containerContext}}}]}"""));

    private static string Applied(JsonObject pod)
    {
        RestrictedDefaults.Apply(pod);
        return pod.Objects("containers").First().Object("securityContext")?.ToJsonString() ?? "null";
    }

    [Fact]
    public void Containers_without_a_context_get_what_restricted_asks_for()
    {
        var pod = Pod("null");
        Assert.Equal(Restricted, Applied(pod));
        Assert.Equal(Restricted, pod.Objects("initContainers").First().Object("securityContext")!.ToJsonString());
    }

    [Fact]
    public void What_the_user_set_stays()
    {
        var context = Applied(Pod("""{"allowPrivilegeEscalation":true,"capabilities":{"add":["NET_BIND_SERVICE"],"drop":[]},"runAsNonRoot":false,"seccompProfile":{"type":"Unconfined"}}"""));
        Assert.Equal("""{"allowPrivilegeEscalation":true,"capabilities":{"add":["NET_BIND_SERVICE"],"drop":[]},"runAsNonRoot":false,"seccompProfile":{"type":"Unconfined"}}""", context);
    }

    [Fact]
    public void What_the_pod_sets_is_not_set_again()
    {
        var context = Applied(Pod("null", """{"runAsNonRoot":true,"seccompProfile":{"type":"Localhost","localhostProfile":"x"}}"""));
        Assert.Equal("""{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}""", context);
    }

    [Theory]
    [InlineData("""{"privileged":true}""")]
    public void A_privileged_container_is_left_alone(string context) => Assert.Equal(context, Applied(Pod(context)));

    [Fact]
    public void A_container_that_asks_for_root_is_not_told_to_run_as_non_root() =>
        Assert.DoesNotContain("runAsNonRoot", Applied(Pod("""{"runAsUser":0}""")), StringComparison.Ordinal);
}
