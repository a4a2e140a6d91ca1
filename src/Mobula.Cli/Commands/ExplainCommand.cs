using System.CommandLine;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Explanations;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.Commands;

/// <summary><c>mobula explain</c>: what a control means and what to write.</summary>
internal static class ExplainCommand
{
    /// <summary>The command.</summary>
    public static Command Create(TerminalOutput terminal)
    {
        var words = new Argument<string[]>("CONTROL") { Description = "a check or control, or the text of a refusal pasted in; - reads it from standard input", Arity = ArgumentArity.ZeroOrMore };
        var command = new ExampleCommand(
            "explain",
            "Tell what a control of the Pod Security Standards means, since when, and what to write",
            "mobula explain runAsNonRoot",
            "mobula explain \"Host Ports\"",
            "kubectl apply -f pod.yaml 2>&1 | mobula explain -")
        {
            words,
        };
        command.SetAction(result =>
        {
            var given = result.GetValue(words) ?? [];
            if (given.Length == 0)
            {
                ControlExplanation.WriteList(terminal.Output, terminal.ColourOutput);
                return 0;
            }
            var text = given is ["-"] ? Console.In.ReadToEnd() : string.Join(' ', given);
            var guides = ControlSearch.Find(text);
            if (guides.Count == 0)
            {
                var near = ControlSearch.Nearest(text);
                terminal.Problem($"there is no control \"{text.Trim()}\"{(near.Count == 0 ? "" : $"; did you mean {string.Join(" or ", near.Select(n => $"\"{n}\""))}?")}\nAll of them:  mobula explain");
                return Invocation.CannotBeDone;
            }
            var first = true;
            foreach (var guide in guides)
            {
                if (!first) terminal.Output.WriteLine();
                first = false;
                ControlExplanation.Write(terminal.Output, guide, terminal.ColourOutput);
            }
            return 0;
        });
        return command;
    }
}
