using System.Globalization;
using Mobula.Cli.Terminal;

namespace Mobula.Cli.AuditLogs;

/// <summary>Writes audit events as a table, one request a row, refused pods with their containers below.</summary>
internal sealed class AuditTable(TextWriter output, bool colour, TimeZoneInfo zone)
{
    private bool _hasHeader;

    /// <summary>Writes one request.</summary>
    public void Write(AuditEventSummary e)
    {
        if (!_hasHeader) WriteRow("TIME", "USER", "WHAT", "WHY");
        _hasHeader = true;
        var time = e.Time is { } t ? TimeZoneInfo.ConvertTime(t, zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture) : "-";
        WriteRow(time, e.User, e.What, e.Why);
        if (e.Violations is not { } violations) return;
        var width = violations.Containers.Select(c => c.Container.Length).DefaultIfEmpty().Max();
        foreach (var (container, controls) in violations.Containers)
        {
            output.WriteLine($"{"",10}{TerminalOutput.Paint("└", "2", colour)} {container.PadRight(width)}  {TerminalOutput.Paint(controls, "31", colour)}");
        }
    }

    private void WriteRow(string time, string user, string what, string why) =>
        output.WriteLine($"{time,-8}  {user,-34}  {what,-48}  {why}".TrimEnd());
}
