using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Manifests;
using Mobula.Cli.Terminal;
using Mobula.Kubernetes;
using Mobula.PodSecurity.Manifests;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula fix</c>: the smallest edits that make the pods of manifests pass.</summary>
internal static class FixCommand
{
    /// <summary>The command.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var flags = new ManifestFlags();
        var inPlace = new Option<bool>("--in-place") { Description = "change the files" };
        var diff = new Option<bool>("--diff") { Description = "show the changes and leave the files alone (the default for files)" };
        var patch = new Option<bool>("--json-patch") { Description = "print JSON patches (RFC 6902) instead: one for one resource, else a line each with its target" };
        var output = new Option<string?>("--output", "-o") { Description = "write the result to a file (- for standard output, the default for standard input)", HelpName = "FILE" };
        var command = new ExampleCommand(
            "fix",
            "Make manifests pass the Pod Security Standards by the smallest edits of their text",
            "mobula fix -f raycluster.yaml --diff",
            "mobula fix -f deploy/ --in-place",
            "helm template chart | mobula fix -f - | kubectl apply -f -",
            "kubectl patch deployment web --type json -p \"$(kubectl get deployment web -o json | mobula fix -f - --json-patch)\"");
        flags.AddTo(command);
        foreach (var option in new Option[] { inPlace, diff, patch, output }) command.Options.Add(option);
        command.SetAction(result =>
        {
            var (files, unreadable) = flags.ReadFiles(result);
            var (writes, target) = (result.GetValue(inPlace), result.GetValue(output));
            var chosen = new[] { writes, result.GetValue(diff), result.GetValue(patch), target is not null }.Count(c => c);
            if (chosen > 1) throw new UsageException("choose one of --in-place, --diff, --json-patch and -o");
            if (target is not null and not "-" && files.Count > 1) throw new UsageException($"-o {target} takes one file; there are {files.Count}: use --in-place");
            if (writes && files.Any(f => f.Name == ManifestInput.StandardInput)) throw new UsageException("standard input cannot be changed in place; leave --in-place out");
            var options = flags.Options(result);
            var results = ManifestFix.Fix(files, options);
            if (result.GetValue(patch))
            {
                WritePatches(ManifestPatch.Of(files, options), terminal);
            }
            else
            {
                foreach (var fix in results) Deliver(fix, writes, target ?? (!result.GetValue(diff) && fix.File.Name == ManifestInput.StandardInput ? "-" : null), terminal);
            }
            Report(results, unreadable, writes || (target ?? (chosen == 0 && files is [{ Name: ManifestInput.StandardInput }] ? "-" : null)) is not null, terminal);
            return unreadable.Count > 0 || results.Any(r => r.Problems.Count > 0) ? Invocation.CannotBeDone : results.Any(r => r.Remaining.Count > 0) ? 1 : 0;
        });
        return command;
    }

    private static void Deliver(ManifestFixResult fix, bool inPlace, string? target, TerminalOutput terminal)
    {
        if (inPlace)
        {
            if (fix.Text != fix.File.Text) ReplacedFile.Write(fix.File.Name, fix.Text);
        }
        else if (target == "-")
        {
            terminal.Output.Write(fix.Text);
        }
        else if (target is not null)
        {
            ReplacedFile.Write(target, fix.Text);
        }
        else
        {
            WriteDiff(fix.Diff(), terminal);
        }
    }

    private static void WritePatches(IReadOnlyList<ManifestPatch> patches, TerminalOutput terminal)
    {
        if (patches is [var only])
        {
            terminal.Output.WriteLine(Compact(only.Patch));
            return;
        }
        foreach (var patch in patches.Where(p => p.Patch.Count > 0))
        {
            var type = patch.Resource.GroupVersionKind;
            var target = new JsonObject { ["group"] = type.Group, ["version"] = type.Version, ["kind"] = type.Kind, ["name"] = patch.Resource.Name };
            if (patch.Resource.Namespace is { } ns) target["namespace"] = ns;
            terminal.Output.WriteLine(Compact(new JsonObject { ["target"] = target, ["patch"] = patch.Patch }));
        }
    }

    private static string Compact(JsonNode node) => Encoding.UTF8.GetString(KubernetesJson.Serialize(node));

    private static void WriteDiff(string diff, TerminalOutput terminal)
    {
        foreach (var line in diff.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var style = line[0] switch { '+' => "32", '-' => "31", '@' => "36", _ => "0" };
            terminal.Output.Write(TerminalOutput.Paint(line, style, terminal.ColourOutput && style != "0") + "\n");
        }
    }

    private static void Report(IReadOnlyList<ManifestFixResult> results, IReadOnlyList<ManifestProblem> unreadable, bool written, TerminalOutput terminal)
    {
        var text = new FindingText(terminal.Error, terminal.ColourError);
        foreach (var problem in unreadable.Concat(results.SelectMany(r => r.Problems))) text.Write(problem);
        foreach (var finding in results.SelectMany(r => r.Remaining)) text.Write(finding);
        var (mended, left) = (results.Sum(r => r.Fixed.Count), results.Sum(r => r.Remaining.Count));
        var verb = written ? "fixed" : "can be fixed";
        terminal.Error.WriteLine(mended == 0 && left == 0 ? "Nothing to fix." : $"{FindingText.Count(mended, "finding")} {verb}{(left == 0 ? "." : $", {left} left for you to decide.")}");
    }
}
