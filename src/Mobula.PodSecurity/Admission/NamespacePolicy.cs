using System.Text.Json.Nodes;
using Mobula.Kubernetes;

namespace Mobula.PodSecurity.Admission;

/// <summary>A value that is not accepted, and where it stands.</summary>
/// <param name="Field">The path of the field, for example <c>metadata.labels[pod-security.kubernetes.io/enforce]</c>.</param>
/// <param name="Value">The value given.</param>
/// <param name="Expected">What is accepted.</param>
public readonly record struct InvalidField(string Field, string Value, string Expected)
{
    /// <summary>The text without the field.</summary>
    public string Message => $"Invalid value: {Evaluation.GoQuoting.Quote(Value)}: {Expected}";

    /// <summary><c>FIELD: Invalid value: "VALUE": EXPECTED</c>.</summary>
    public override string ToString() => $"{Field}: {Message}";

    /// <summary>One error as it is, several in brackets, repetitions once.</summary>
    internal static string Aggregate(IEnumerable<string> errors)
    {
        List<string> distinct = [.. errors.Distinct(StringComparer.Ordinal)];
        return distinct.Count == 1 ? distinct[0] : $"[{string.Join(", ", distinct)}]";
    }
}

/// <summary>The levels and versions of the three modes.</summary>
/// <param name="Enforce">Violating pods are refused.</param>
/// <param name="Audit">Violations are annotated in audit events.</param>
/// <param name="Warn">Violations are told to the client.</param>
public readonly record struct NamespacePolicy(LevelVersion Enforce, LevelVersion Audit, LevelVersion Warn)
{
    /// <summary>What the labels begin with.</summary>
    public const string LabelPrefix = "pod-security.kubernetes.io/";

    /// <summary>Whether all three modes are privileged.</summary>
    public bool IsFullyPrivileged =>
        Enforce.Level == PodSecurityLevel.Privileged && Audit.Level == PodSecurityLevel.Privileged && Warn.Level == PodSecurityLevel.Privileged;

    /// <summary>Whether each mode is equivalent to the other's.</summary>
    public bool IsEquivalentTo(NamespacePolicy other) =>
        Enforce.IsEquivalentTo(other.Enforce) && Audit.IsEquivalentTo(other.Audit) && Warn.IsEquivalentTo(other.Warn);

    /// <summary>The policy of a namespace: its labels over the defaults. A bad label is told and replaced as Kubernetes does.</summary>
    /// <param name="ns">The Namespace object.</param>
    /// <param name="defaults">The configured defaults.</param>
    public static (NamespacePolicy Policy, IReadOnlyList<InvalidField> Errors) Of(JsonObject ns, NamespacePolicy defaults)
    {
        List<InvalidField> errors = [];
        var labels = ns.Object("metadata", "labels");
        if (labels is null) return (defaults, errors);

        var (enforce, enforceGiven, enforceValid) = Read("enforce", defaults.Enforce, PodSecurityLevel.Restricted);
        var (audit, _, _) = Read("audit", defaults.Audit, PodSecurityLevel.Privileged);
        var (warn, warnGiven, _) = Read("warn", defaults.Warn, PodSecurityLevel.Privileged);
        if (!warnGiven && enforceGiven && enforceValid && enforce.Level > warn.Level)
        {
            warn = new(enforce.Level, labels.ContainsKey($"{LabelPrefix}warn-version") ? warn.Version : enforce.Version);
        }
        return (new(enforce, audit, warn), errors);

        (LevelVersion Mode, bool LevelGiven, bool LevelValid) Read(string mode, LevelVersion start, PodSecurityLevel levelIfInvalid)
        {
            var (level, version, valid) = (start.Level, start.Version, true);
            var (levelText, versionText) = (labels.Text(LabelPrefix + mode), labels.Text($"{LabelPrefix}{mode}-version"));
            if (levelText is not null && !PodSecurityLevels.TryParse(levelText, out level))
            {
                (level, valid) = (levelIfInvalid, false);
                errors.Add(new($"metadata.labels[{LabelPrefix}{mode}]", levelText, PodSecurityLevels.Expected));
            }
            if (versionText is not null && !PodSecurityVersion.TryParse(versionText, out version))
            {
                errors.Add(new($"metadata.labels[{LabelPrefix}{mode}-version]", versionText, PodSecurityVersion.Expected));
            }
            return (new(level, version), levelText is not null, valid);
        }
    }
}
