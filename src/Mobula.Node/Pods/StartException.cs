namespace Mobula.Node.Pods;

/// <summary>A container cannot be started now; the reason and the text are those of its status.</summary>
internal sealed class StartException(string reason, string message) : Exception(message)
{
    public StatusReason Why { get; } = new(reason, message);
}
