using System.Text;
using System.Text.Json.Nodes;
using Mobula.Controllers.Workloads;
using Mobula.Kubernetes;
using static Mobula.Controllers.Tests.Objects;

namespace Mobula.Controllers.Tests.Workloads;

public sealed class TemplateHashTests
{
    private const string Smallest = """
        {"metadata":{"labels":{"app":"a"}},"spec":{"containers":[{"name":"c","image":"i","resources":{},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","securityContext":{},"schedulerName":"default-scheduler"}}
        """;

    private const string Richer = """
        {"metadata":{"labels":{"app":"b"},"annotations":{"x":"y"}},"spec":{"containers":[{"name":"c","image":"i:1","ports":[{"containerPort":80,"protocol":"TCP"}],"env":[{"name":"A","value":"b"}],"resources":{"limits":{"cpu":"1","memory":"1Gi"}},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","serviceAccount":"default","securityContext":{},"schedulerName":"default-scheduler"}}
        """;

    [Theory]
    [InlineData(Smallest, "5bd796bd9")]
    [InlineData(Richer, "7dd64d6f97")]
    public void Hash_is_that_of_kubernetes(string template, string hash) => Assert.Equal(hash, TemplateHash.Compute(Json(template), null));

    [Fact]
    public void Hash_does_not_depend_on_the_order_of_fields_or_on_empty_ones()
    {
        var template = Json(Richer);
        var turned = new JsonObject([.. template.Reverse().Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone()))]);
        turned.Ensure("spec")["volumes"] = new JsonArray();
        turned.Ensure("spec", "nodeSelector");
        Assert.Equal(TemplateHash.Compute(template, null), TemplateHash.Compute(turned, null));
    }

    [Fact]
    public void Hash_depends_on_content_and_collisions()
    {
        string[] hashes = [TemplateHash.Compute(Json(Smallest), null), TemplateHash.Compute(Json(Smallest), 0), TemplateHash.Compute(Json(Smallest), 1), TemplateHash.Compute(Json(Smallest.Replace("\"i\"", "\"j\"")), null)];
        Assert.Equal(4, hashes.Distinct().Count());
    }

    [Theory]
    [InlineData("1Gi", "{i:(resource.int64Amount){value:(int64)1073741824 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)1Gi Format:(resource.Format)BinarySI}")]
    [InlineData("500m", "{i:(resource.int64Amount){value:(int64)500 scale:(resource.Scale)-3} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)500m Format:(resource.Format)DecimalSI}")]
    [InlineData("0.5", "{i:(resource.int64Amount){value:(int64)5 scale:(resource.Scale)-1} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)0.5 Format:(resource.Format)DecimalSI}")]
    [InlineData("2e3", "{i:(resource.int64Amount){value:(int64)2 scale:(resource.Scale)3} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)2e3 Format:(resource.Format)DecimalExponent}")]
    [InlineData("100Ti", "{i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec){unscaled:(big.Int){neg:(bool)false abs:(big.nat)[109951162777600]} scale:(inf.Scale)0}} s:(string) Format:(resource.Format)BinarySI}")]
    public void Quantity_is_dumped_as_go_holds_it(string quantity, string dump)
    {
        var output = new StringBuilder();
        GoQuantity.Write(output, quantity);
        Assert.Equal(dump, output.ToString());
    }

    [Fact]
    public void Number_is_spelled_without_vowels() => Assert.Equal("5bd796bd9", TemplateHash.Encode(168352685));
}
