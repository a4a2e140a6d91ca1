using System.Globalization;
using System.Text;
using Mobula.Kubernetes.Errors;

namespace Mobula.Audit;

/// <summary>An event as the format <c>legacy</c> writes it: one line for people.</summary>
internal static class AuditLegacyLine
{
    public static string Of(AuditEvent e)
    {
        var user = e.User?.UserName is { Length: > 0 } name ? name : "<none>";
        var line = new StringBuilder(256)
            .Append(e.RequestReceived.ToLocalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture))
            .Append(" AUDIT:");
        Append(line, "id", e.AuditId);
        Append(line, "stage", e.Stage.ToString());
        Append(line, "ip", e.SourceIPs.Count > 0 ? e.SourceIPs[0] : "<unknown>");
        Append(line, "method", e.Verb);
        Append(line, "user", user);
        Append(line, "groups", Groups(e.User, "<none>"));
        Append(line, "as", e.ImpersonatedUser?.UserName ?? "<self>");
        Append(line, "asgroups", Groups(e.ImpersonatedUser, "<lookup>"));
        Append(line, "user-agent", e.UserAgent);
        Append(line, "namespace", e.ObjectRef?.Namespace is { Length: > 0 } ns ? ns : "<none>");
        Append(line, "uri", e.RequestUri);
        var code = e.ResponseCode == 0 ? "<deferred>" : e.ResponseCode.ToString(CultureInfo.InvariantCulture);
        return line.Append(CultureInfo.InvariantCulture, $" response=\"{code}\"").ToString();
    }

    private static void Append(StringBuilder line, string name, string value) => line.Append(' ').Append(name).Append('=').Append(GoText.Quote(value));

    private static string Groups(AuditUser? user, string none) =>
        user is { Groups.Count: > 0 } ? string.Join(',', user.Groups.Select(GoText.Quote)) : none;
}
