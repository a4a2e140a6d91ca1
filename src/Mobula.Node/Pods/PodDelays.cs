namespace Mobula.Node.Pods;

/// <summary>When a pod is looked at again though nothing happened.</summary>
internal static class PodDelays
{
    /// <summary>After what will not be better at once.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);

    /// <summary>For what goes on by itself, yet without an event.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(100);
}
