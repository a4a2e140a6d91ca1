using System.Text.Json.Nodes;

namespace Mobula.Kubernetes.Tests.RandomWrites;

/// <summary>Random sequences of writes against what a real server answered. Steps that its validation refused are left out: it is not here.</summary>
public class RandomWritesTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("random-apply-a.jsonl.gz", 0.98)]
    [InlineData("random-patch-a.jsonl.gz", 0.97)]
    public void Writes_are_answered_as_by_a_server(string table, double share)
    {
        var rows = 0;
        var agreeing = 0;
        var examples = new Dictionary<string, (int Count, string Text)>();
        foreach (var row in TestData.Rows(table))
        {
            rows++;
            var resource = row.Text("resource")!;
            var replay = new WriteReplay(resource);
            var difference = FirstDifference(row, replay, resource);
            if (difference is null) agreeing++;
            else examples[difference.Value.Key] = (examples.GetValueOrDefault(difference.Value.Key).Count + 1, examples.GetValueOrDefault(difference.Value.Key).Text ?? difference.Value.Text);
        }
        output.WriteLine($"{table}: {agreeing} of {rows}");
        foreach (var (key, (count, text)) in examples.OrderByDescending(e => e.Value.Count).Take(2)) output.WriteLine($"{count} {key}\n{text}\n");
        Assert.True(agreeing >= rows * share, $"{agreeing} of {rows} rows agree");
    }

    private static (string Key, string Text)? FirstDifference(JsonObject row, WriteReplay replay, string resource)
    {
        foreach (var step in row.Objects("steps"))
        {
            var expected = step.Object("answer")!;
            if (IsValidation(expected)) continue;
            string actual;
            int status;
            try
            {
                (status, var answer) = replay.Write(step);
                actual = WriteReplay.Normalise(answer);
            }
            catch (Exception e) when (e is not StatusException)
            {
                return ($"{resource} {step.Text("type")} threw {e.GetType().Name} {e.Message}", $"{step["body"]!.ToJsonString()}\n{e.StackTrace}");
            }
            var wanted = WriteReplay.Normalise(expected);
            if (status == step.Integer("status") && actual == wanted) continue;
            var at = actual.Zip(wanted).TakeWhile(p => p.First == p.Second).Count();
            return ($"{resource} {step.Text("type")} {step.Integer("status")} {status} {Around(wanted, at, 25, 25)}",
                $"  body   {step["body"]!.ToJsonString()}\n  wanted {Around(wanted, at, 150, 200)}\n  actual {Around(actual, at, 150, 200)}");
        }
        return null;
    }

    /// <summary>Whether the answer is that of a kind's validation: field errors other than those of the patch itself.</summary>
    private static bool IsValidation(JsonObject answer) =>
        answer.Text("reason") == "Invalid" && answer.Objects("details", "causes").FirstOrDefault()?.Text("field") is { } field && field != "patch";

    private static string Around(string text, int at, int before, int after) =>
        text[Math.Max(0, at - before)..Math.Min(text.Length, at + after)];
}
