namespace Mobula.Kubernetes.Patches;

/// <summary>A patch cannot be applied.</summary>
/// <param name="message">Why, in Kubernetes' words.</param>
/// <param name="isBadRequest">Whether the patch itself has the wrong form (400); else the server answers 500, or 422 for JSON patches.</param>
public sealed class PatchException(string message, bool isBadRequest = false) : Exception(message)
{
    /// <summary>Whether the patch itself has the wrong form.</summary>
    public bool IsBadRequest { get; } = isBadRequest;
}
