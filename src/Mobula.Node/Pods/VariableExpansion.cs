using System.Text;

namespace Mobula.Node.Pods;

/// <summary>Expands <c>$(NAME)</c>; <c>$$</c> stands for a dollar sign, and a name that is not known stays as it is.</summary>
internal static class VariableExpansion
{
    public static string Expand(string text, Func<string, string?> value)
    {
        if (!text.Contains('$', StringComparison.Ordinal)) return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '$' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }
            switch (text[i + 1])
            {
                case '$':
                    result.Append('$');
                    i++;
                    break;
                case '(' when text.IndexOf(')', i + 2) is var close and > 0:
                    var name = text[(i + 2)..close];
                    result.Append(value(name) ?? $"$({name})");
                    i = close;
                    break;
                default:
                    result.Append('$').Append(text[i + 1]);
                    i++;
                    break;
            }
        }
        return result.ToString();
    }
}
