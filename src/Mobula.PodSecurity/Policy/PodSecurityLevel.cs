namespace Mobula.PodSecurity;

/// <summary>A level of the Pod Security Standards, from the loosest to the strictest.</summary>
public enum PodSecurityLevel
{
    /// <summary><c>privileged</c>: no check at all.</summary>
    Privileged,

    /// <summary><c>baseline</c>: no known way to escalate privileges.</summary>
    Baseline,

    /// <summary><c>restricted</c>: the hardening of current best practice.</summary>
    Restricted,
}

/// <summary>Reads and prints levels as Kubernetes does.</summary>
public static class PodSecurityLevels
{
    internal const string Expected = "must be one of privileged, baseline, restricted";

    extension(PodSecurityLevel level)
    {
        /// <summary>The level's word in labels and messages, for example <c>restricted</c>.</summary>
        public string Word => level switch
        {
            PodSecurityLevel.Privileged => "privileged",
            PodSecurityLevel.Baseline => "baseline",
            _ => "restricted",
        };
    }

    /// <summary>Reads a level's exact word; upper case and blanks are not accepted.</summary>
    public static bool TryParse(string? text, out PodSecurityLevel level)
    {
        (var known, level) = text switch
        {
            "privileged" => (true, PodSecurityLevel.Privileged),
            "baseline" => (true, PodSecurityLevel.Baseline),
            "restricted" => (true, PodSecurityLevel.Restricted),
            _ => (false, PodSecurityLevel.Restricted),
        };
        return known;
    }
}
