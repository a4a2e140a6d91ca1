using System.Text.Json.Nodes;
using Mobula.Controllers.Roles;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Roles;

public sealed class ClusterRoleAggregatorTests
{
    [Fact]
    public void Rules_of_the_selected_roles_are_taken_in_the_order_of_names_each_once()
    {
        var role = Json("""{"metadata":{"name":"all","labels":{"part":"yes"}},"aggregationRule":{"clusterRoleSelectors":[{"matchLabels":{"part":"yes"}},{"matchLabels":{"other":"yes"}}]}}""");
        JsonObject[] roles =
        [
            role,
            Part("b", "part", """{"verbs":["get"],"apiGroups":["b"],"resources":["bs"]}"""),
            Part("a", "other", """{"verbs":["list"],"apiGroups":["a"],"resources":["as"]}""", """{"verbs":["get"],"apiGroups":["b"],"resources":["bs"]}"""),
            Part("c", "none", """{"verbs":["*"],"apiGroups":["*"],"resources":["*"]}"""),
        ];

        Assert.Equal(["as", "bs"], ClusterRoleAggregator.Rules(role, roles).Select(r => r!["resources"]![0]!.GetValue<string>()));
    }

    private static JsonObject Part(string name, string label, params string[] rules) =>
        Json($$$"""{"metadata":{"name":"{{{name}}}","labels":{"{{{label}}}":"yes"}},"rules":[{{{string.Join(',', rules)}}}]}""");
}
