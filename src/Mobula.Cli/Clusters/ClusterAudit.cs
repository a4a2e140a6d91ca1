namespace Mobula.Cli.Clusters;

internal sealed class ClusterAudit
{
    public static ClusterAudit? Open(ClusterRecord record) => record.ApiServerFlags.Count < 0 ? new() : null;

    public static void Describe(ClusterRecord record, ServerProgress progress)
    {
        if (record.ApiServerFlags.TryGetValue("audit-policy-file", out var policy))
        {
            progress.Step("audit policy", $"{policy} → {record.ApiServerFlags.GetValueOrDefault("audit-log-path", "-")}", TimeSpan.Zero);
        }
    }
}
