using System.Globalization;
using Mobula.ApiServer.Auditing;
using Mobula.Audit;

namespace Mobula.Cli.Clusters;

/// <summary>The audit log of a cluster, as the API server's flags ask for it.</summary>
internal sealed class ClusterAudit : IAsyncDisposable
{
    private readonly AuditLog _log;

    private ClusterAudit(AuditLog log, AuditPolicy policy)
    {
        _log = log;
        Sink = new PolicyAuditSink(policy, log);
    }

    /// <summary>Takes what the API server has to record.</summary>
    public IAuditSink Sink { get; }

    /// <summary>Opens the log; null when the flags name no policy or no log.</summary>
    /// <exception cref="UsageException">The policy or a flag is invalid; the message names the place.</exception>
    public static ClusterAudit? Open(ClusterRecord record, Action<string> log)
    {
        var flags = record.ApiServerFlags;
        if (!flags.TryGetValue("audit-policy-file", out var policyFile) || !flags.TryGetValue("audit-log-path", out var path)) return null;
        AuditPolicy policy;
        try
        {
            policy = AuditPolicyReader.ReadFile(policyFile, log);
        }
        catch (AuditPolicyException e)
        {
            throw new UsageException(e.Located);
        }
        var options = OptionsFrom(flags, path);
        if (options.Problem() is { } problem) throw new UsageException(problem);
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
        return new(AuditLog.Open(options, log), policy);
    }

    /// <summary>Tells where policy and log are.</summary>
    public static void Describe(ClusterRecord record, ServerProgress progress)
    {
        if (record.ApiServerFlags.TryGetValue("audit-policy-file", out var policy))
        {
            progress.Step("audit policy", $"{policy} → {record.ApiServerFlags.GetValueOrDefault("audit-log-path", "-")}", TimeSpan.Zero);
        }
    }

    /// <summary>Writes what waits, and closes the log.</summary>
    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private static AuditLogOptions OptionsFrom(IReadOnlyDictionary<string, string> flags, string path)
    {
        var defaults = new AuditLogOptions { Path = path };
        return defaults with
        {
            Format = flags.GetValueOrDefault("audit-log-format", defaults.Format),
            Version = flags.GetValueOrDefault("audit-log-version", defaults.Version),
            Mode = flags.GetValueOrDefault("audit-log-mode", defaults.Mode),
            MaxAgeDays = Number("audit-log-maxage", defaults.MaxAgeDays),
            MaxBackups = Number("audit-log-maxbackup", defaults.MaxBackups),
            MaxSizeMegabytes = Number("audit-log-maxsize", defaults.MaxSizeMegabytes),
            BufferSize = Number("audit-log-batch-buffer-size", defaults.BufferSize),
            BatchSize = Number("audit-log-batch-max-size", defaults.BatchSize),
            TruncateMaxEventSize = Number("audit-log-truncate-max-event-size", defaults.TruncateMaxEventSize),
            TruncateMaxBatchSize = Number("audit-log-truncate-max-batch-size", defaults.TruncateMaxBatchSize),
            TruncateEnabled = flags.GetValueOrDefault("audit-log-truncate-enabled") == "true",
            Compress = flags.GetValueOrDefault("audit-log-compress") == "true",
        };

        int Number(string flag, int otherwise)
        {
            if (!flags.TryGetValue(flag, out var text)) return otherwise;
            return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw new UsageException($"--{flag}: \"{text}\" is no number");
        }
    }
}
