using Mobula.Controllers.GarbageCollection;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.GarbageCollection;

public sealed class GarbagePlannerTests
{
    [Theory]
    [InlineData("", false, GarbageAction.Keep)]
    [InlineData("S", true, GarbageAction.Keep)]
    [InlineData("SS", false, GarbageAction.Keep)]
    [InlineData("SA", false, GarbageAction.DropReferences)]
    [InlineData("SW", true, GarbageAction.DropReferences)]
    [InlineData("A", true, GarbageAction.DeleteBackground)]
    [InlineData("W", true, GarbageAction.DeleteForeground)]
    [InlineData("W", false, GarbageAction.DeleteBackground)]
    [InlineData("AW", true, GarbageAction.DeleteForeground)]
    internal void Fate_follows_from_the_owners(string owners, bool hasDependents, GarbageAction action)
    {
        var states = owners.Select(o => o switch { 'S' => OwnerState.Solid, 'A' => OwnerState.Absent, _ => OwnerState.WaitsForDependents }).ToArray();
        Assert.Equal(action, GarbagePlanner.Decide(Pod("p"), states, hasDependents));
    }

    [Fact]
    public void Finalizers_choose_how_dependents_are_treated()
    {
        var pod = Pod("p");
        pod["metadata"]!["finalizers"] = new System.Text.Json.Nodes.JsonArray("orphan");
        Assert.Equal(GarbageAction.DeleteOrphan, GarbagePlanner.Decide(pod, [OwnerState.Absent], true));
        Assert.Equal("""{"metadata":{"resourceVersion":"","finalizers":[]}}""", GarbagePlanner.DropFinalizer(pod, "orphan").ToJsonString());
    }
}
