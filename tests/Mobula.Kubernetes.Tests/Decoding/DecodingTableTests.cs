using System.Text;
using System.Text.Json.Nodes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Schema;

namespace Mobula.Kubernetes.Tests.Decoding;

/// <summary>Bodies with faults against what a real server's decoder said of them.</summary>
public class DecodingTableTests(ITestOutputHelper output)
{
    [Fact]
    public void Faulty_bodies_are_refused_in_the_words_of_a_server()
    {
        var rows = 0;
        var wrong = new List<string>();
        foreach (var row in TestData.Rows("random-fault-decoding.jsonl.gz"))
        {
            rows++;
            var (wanted, actual) = (row.Text("answer", "message") ?? string.Join("|", row.Texts("warnings")), Decode(row));
            if (wanted != actual) wrong.Add($"{row["body"]!.ToJsonString()}\n  wanted {wanted}\n  actual {actual}");
        }
        output.WriteLine($"{rows - wrong.Count} of {rows}");
        foreach (var text in wrong.Take(25)) output.WriteLine(text);
        Assert.True(wrong.Count <= rows * 0.01, $"{wrong.Count} of {rows} differ");
    }

    private static string Decode(JsonObject row)
    {
        var parts = row.Text("path")!.Split('/');
        var (group, version) = parts[1] == "api" ? ("", parts[2]) : (parts[2], parts[3]);
        var resource = ResourceCatalog.Find(new GroupVersionResource(group, version, parts[^1]))!;
        var validation = row.Text("query")!.Contains("Strict") ? FieldValidation.Strict : row.Text("query")!.Contains("Ignore") ? FieldValidation.Ignore : FieldValidation.Warn;
        try
        {
            var decoded = ObjectDecoder.Decode(
                Encoding.UTF8.GetBytes(row["body"]!.ToJsonString()), false, resource.Kind, BuiltInSchemas.Find(resource.Kind)!, false, validation);
            return string.Join("|", decoded.Warnings.Select(w => $"299 - {Mobula.Kubernetes.Errors.GoText.Quote(w)}"));
        }
        catch (StatusException e)
        {
            return e.Message;
        }
    }
}
