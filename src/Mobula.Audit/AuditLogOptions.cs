using System.Globalization;

namespace Mobula.Audit;

/// <summary>Where and how the log is written: kube-apiserver's flags <c>--audit-log-*</c>.</summary>
public sealed record AuditLogOptions
{
    /// <summary><c>--audit-log-path</c>: the file; <c>-</c> is standard output.</summary>
    public required string Path { get; init; }

    /// <summary><c>--audit-log-format</c>: <c>json</c> or <c>legacy</c>.</summary>
    public string Format { get; init; } = "json";

    /// <summary><c>--audit-log-version</c>.</summary>
    public string Version { get; init; } = "audit.k8s.io/v1";

    /// <summary><c>--audit-log-mode</c>: with <c>batch</c> events are dropped when the buffer is full, else requests wait for room in it.</summary>
    public string Mode { get; init; } = "blocking";

    /// <summary><c>--audit-log-maxage</c>, in days; 0: no limit.</summary>
    public int MaxAgeDays { get; init; } = 366;

    /// <summary><c>--audit-log-maxbackup</c>, in files; 0: no limit.</summary>
    public int MaxBackups { get; init; } = 100;

    /// <summary><c>--audit-log-maxsize</c>, in MiB; 0: the file is never rotated.</summary>
    public int MaxSizeMegabytes { get; init; } = 100;

    /// <summary><c>--audit-log-compress</c>: rotated files are compressed with gzip.</summary>
    public bool Compress { get; init; }

    /// <summary><c>--audit-log-batch-buffer-size</c>, in events.</summary>
    public int BufferSize { get; init; } = 10_000;

    /// <summary><c>--audit-log-batch-max-size</c>, in events.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary><c>--audit-log-truncate-enabled</c>: events larger than the limit lose their bodies, and go if they are still too large.</summary>
    public bool TruncateEnabled { get; init; }

    /// <summary><c>--audit-log-truncate-max-event-size</c>, in bytes.</summary>
    public int TruncateMaxEventSize { get; init; } = 102_400;

    /// <summary><c>--audit-log-truncate-max-batch-size</c>, in bytes.</summary>
    public int TruncateMaxBatchSize { get; init; } = 10_485_760;

    /// <summary>What is wrong with the options, in kube-apiserver's words; null if nothing is.</summary>
    public string? Problem()
    {
        List<string> problems = [];
        if (Mode is not ("batch" or "blocking" or "blocking-strict"))
        {
            problems.Add($"invalid audit log mode {Mode}, allowed modes are \"batch,blocking,blocking-strict\"");
        }
        else if (Mode == "batch")
        {
            if (BufferSize <= 0) problems.Add(Text($"invalid audit batch log buffer size {BufferSize}, must be a positive number"));
            else if (BatchSize <= 0) problems.Add(Text($"invalid audit batch log max batch size {BatchSize}, must be a positive number"));
        }
        if (TruncateMaxEventSize <= 0)
        {
            problems.Add(Text($"invalid audit truncate log max event size {TruncateMaxEventSize}, must be a positive number"));
        }
        else if (TruncateMaxBatchSize < TruncateMaxEventSize)
        {
            problems.Add(Text($"invalid audit truncate log max batch size {TruncateMaxBatchSize}, must be greater than max event size ({TruncateMaxEventSize})"));
        }
        if (Version != "audit.k8s.io/v1") problems.Add("invalid group version, allowed versions are [\"audit.k8s.io/v1\"]");
        if (Format is not ("json" or "legacy")) problems.Add($"invalid audit log format {Format}, allowed formats are \"legacy,json\"");
        foreach (var (flag, value) in new[] { ("maxage", MaxAgeDays), ("maxbackup", MaxBackups), ("maxsize", MaxSizeMegabytes) })
        {
            if (value < 0) problems.Add(Text($"--audit-log-{flag} {value} can't be a negative number"));
        }
        return problems.Count switch { 0 => null, 1 => problems[0], _ => $"[{string.Join(", ", problems)}]" };
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
