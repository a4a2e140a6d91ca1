namespace Mobula.Kubernetes.Cel;

/// <summary>An expression is wrong: its syntax, a name, or a type.</summary>
/// <param name="position">The index of the character where.</param>
/// <param name="message">What is wrong.</param>
public sealed class CelSyntaxException(int position, string message) : Exception(message)
{
    /// <summary>The index of the character where it is wrong.</summary>
    public int Position { get; } = position;

    /// <summary>The message as CEL's compilers print it, with the line and a mark below it.</summary>
    /// <param name="source">The expression.</param>
    public string Describe(string source)
    {
        var at = Math.Min(Position, source.Length);
        var start = at == 0 ? 0 : source.LastIndexOf('\n', at - 1) + 1;
        var end = source.IndexOf('\n', at);
        var line = source[start..(end < 0 ? source.Length : end)];
        var number = source.AsSpan(0, start).Count('\n') + 1;
        return $"ERROR: <input>:{number}:{at - start + 1}: {Message}\n | {line.Replace('\t', ' ')}\n | {new string('.', at - start)}^";
    }
}

/// <summary>An evaluation would take more than it may.</summary>
public sealed class CelBudgetException() : Exception("operation cancelled: actual cost limit exceeded");
