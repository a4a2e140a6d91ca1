using System.Text.RegularExpressions;
using Mobula.Kubernetes.Errors;

namespace Mobula.ApiServer.Pipeline;

/// <summary>Durations as Go writes them, for example <c>1m30s</c>.</summary>
internal static partial class GoDuration
{
    /// <summary>What is wrong with a text that should be a duration, in the words of Go's parser; null when nothing is, or the text is empty.</summary>
    public static string? Problem(string text)
    {
        if (text.Length == 0 || Duration().IsMatch(text)) return null;
        if (MissingUnit().IsMatch(text)) return $"time: missing unit in duration {GoText.Quote(text)}";
        return UnknownUnit().Match(text) is { Success: true } unknown
            ? $"time: unknown unit {GoText.Quote(unknown.Groups[1].Value)} in duration {GoText.Quote(text)}"
            : $"time: invalid duration {GoText.Quote(text)}";
    }

    [GeneratedRegex(@"^[+-]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$")]
    private static partial Regex Duration();

    [GeneratedRegex(@"^[+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*(\d+(\.\d*)?|\.\d+)$")]
    private static partial Regex MissingUnit();

    [GeneratedRegex(@"^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*(?:\d+(?:\.\d*)?|\.\d+)([^.\d]+)")]
    private static partial Regex UnknownUnit();
}
