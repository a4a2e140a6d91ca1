using System.CommandLine;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Manifests;
using Mobula.Cli.Terminal;
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
        var output = new Option<string?>("--output", "-o") { Description = "write the result to a file (- for standard output, the default for standard input)", HelpName = "FILE" };
        var command = new ExampleCommand(
            "fix",
            "Make manifests pass the Pod Security Standards by the smallest edits of their text",
            "mobula fix -f raycluster.yaml --diff",
            "mobula fix -f deploy/ --in-place",
            "helm template chart | mobula fix -f - | kubectl apply -f -");
        flags.AddTo(command);
        command.Options.Add(inPlace);
        command.Options.Add(diff);
        command.Options.Add(output);
        command.SetAction(result =>
        {
            var files = flags.ReadFiles(result);
            var target = result.GetValue(output);
            if ((result.GetValue(inPlace) ? 1 : 0) + (result.GetValue(diff) ? 1 : 0) + (target is null ? 0 : 1) > 1) throw new UsageException("choose one of --in-place, --diff and -o");
            if (target is not null and not "-" && files.Count > 1) throw new UsageException($"-o {target} takes one file; there are {files.Count}: use --in-place");
            if (result.GetValue(inPlace) && files.Any(f => f.Name == ManifestInput.StandardInput)) throw new UsageException("standard input cannot be changed in place; leave --in-place out");
            var options = flags.Options(result);
            var results = files.Select(f => (File: f, Result: ManifestFix.Fix(f, options, [.. files.Where(o => o != f)]))).ToList();
            foreach (var (file, fix) in results) Deliver(file, fix, result.GetValue(inPlace), target ?? (!result.GetValue(diff) && file.Name == ManifestInput.StandardInput ? "-" : null), terminal);
            Report([.. results.Select(r => r.Result)], result.GetValue(inPlace) || target is not null, terminal);
            return results.Any(r => r.Result.Problems.Count > 0) ? Invocation.CannotBeDone : results.Any(r => r.Result.Remaining.Count > 0) ? 1 : 0;
        });
        return command;
    }

    private static void Deliver(ManifestFile file, ManifestFixResult fix, bool inPlace, string? target, TerminalOutput terminal)
    {
        if (inPlace)
        {
            if (fix.Text != file.Text) Replace(file.Name, fix.Text);
        }
        else if (target == "-")
        {
            terminal.Output.Write(fix.Text);
        }
        else if (target is not null)
        {
            Replace(target, fix.Text);
        }
        else
        {
            WriteDiff(fix.DiffFrom(file), terminal);
        }
    }

    /// <summary>A file is there as it was or as it will be, never half written.</summary>
    private static void Replace(string path, string text)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        File.WriteAllText(temporary, text);
        if (File.Exists(path)) File.SetUnixFileMode(temporary, File.GetUnixFileMode(path));
        File.Move(temporary, path, overwrite: true);
    }

    private static void WriteDiff(string diff, TerminalOutput terminal)
    {
        foreach (var line in diff.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var style = line[0] switch { '+' => "32", '-' => "31", '@' => "36", _ => "0" };
            terminal.Output.WriteLine(TerminalOutput.Paint(line, style, terminal.ColourOutput && style != "0"));
        }
    }

    private static void Report(IReadOnlyList<ManifestFixResult> results, bool written, TerminalOutput terminal)
    {
        var text = new FindingText(terminal.Error, terminal.ColourError);
        foreach (var problem in results.SelectMany(r => r.Problems)) text.Write(problem);
        foreach (var finding in results.SelectMany(r => r.Remaining)) text.Write(finding);
        var (mended, left) = (results.Sum(r => r.Fixed.Count), results.Sum(r => r.Remaining.Count));
        var verb = written ? "fixed" : "can be fixed";
        terminal.Error.WriteLine(mended == 0 && left == 0 ? "Nothing to fix." : $"{FindingText.Count(mended, "finding")} {verb}{(left == 0 ? "." : $", {left} left for you to decide.")}");
    }
}
