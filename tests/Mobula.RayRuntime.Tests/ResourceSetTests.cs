using System.Text.Json.Nodes;
using CsCheck;
using Mobula.RayRuntime.Head;

namespace Mobula.RayRuntime.Tests;

public sealed class ResourceSetTests
{
    [Fact]
    public void Subtract_then_add_of_fractions_leaves_the_amount_exact() =>
        Gen.Double[0.0001, 4].Array[1, 20].Sample(parts =>
        {
            var free = ResourceSet.From(new JsonObject { ["CPU"] = 100.0 });
            var demands = parts.Select(p => ResourceSet.From(new JsonObject { ["CPU"] = p })).ToList();
            demands.ForEach(free.Subtract);
            demands.ForEach(free.Add);
            Assert.Equal(100.0, free["CPU"]);
        });

    [Fact]
    public void Fits_unknown_resource_is_false()
    {
        var free = ResourceSet.From(new JsonObject { ["CPU"] = 4 });
        Assert.False(free.Fits(ResourceSet.From(new JsonObject { ["gold"] = 1 })));
        Assert.True(free.Fits(ResourceSet.From(new JsonObject { ["CPU"] = 4 })));
    }

    [Fact]
    public void ToJson_leaves_out_what_is_used_up()
    {
        var free = ResourceSet.From(new JsonObject { ["CPU"] = 1, ["memory"] = 5 });
        free.Subtract(ResourceSet.From(new JsonObject { ["CPU"] = 1 }));
        Assert.Equal("{\"memory\":5.0}", free.ToJson().ToJsonString());
    }
}
