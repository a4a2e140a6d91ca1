using Mobula.Kubernetes;
using Mobula.Ray;

namespace Mobula.RayOperator.Clusters;

/// <summary>A pod that Pod Security refused: what it is and what is wrong, in Kubernetes' words.</summary>
/// <param name="Pod">What was refused, for example <c>head pod</c>.</param>
/// <param name="Policy">The level and version that refused it, for example <c>restricted:latest</c>.</param>
/// <param name="Violations">Each control with the containers that break it and what they must set.</param>
internal sealed record PodSecurityRefusal(string Pod, string Policy, string Violations)
{
    /// <summary>The reason of the condition and of the event.</summary>
    public const string Reason = "PodSecurityViolation";

    private const string Marker = "violates PodSecurity \"";

    /// <summary>Reads the API server's error; null when it is another one.</summary>
    public static PodSecurityRefusal? From(StatusException error, string pod) => From(error.Code == 403 ? error.Message : "", pod);

    internal static PodSecurityRefusal? From(string message, string pod)
    {
        var start = message.IndexOf(Marker, StringComparison.Ordinal);
        if (start < 0) return null;
        var rest = message[(start + Marker.Length)..];
        var end = rest.IndexOf("\": ", StringComparison.Ordinal);
        return end < 0 ? null : new(pod, rest[..end], rest[(end + 3)..]);
    }

    /// <summary>The text for people: what was refused by whom, what must be set where, and the way out.</summary>
    /// <param name="defaultsOff">Whether the operator's own filling in is off, which is then one way out.</param>
    /// <param name="byAnnotation">Whether an annotation on the object switched it off.</param>
    public string Describe(bool defaultsOff, bool byAnnotation)
    {
        var way = !defaultsOff ? ""
            : byAnnotation ? $", or remove the annotation {RayAnnotations.PodSecurityDefaults}: \"false\""
            : ", or run the operator with --pod-security-defaults=true";
        return $"{Pod} refused by {Policy}: {Violations}. Fix: set these in the pod template (`mobula fix -f FILE` does it){way}";
    }
}
