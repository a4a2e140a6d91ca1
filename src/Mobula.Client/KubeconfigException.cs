namespace Mobula.Client;

/// <summary>A kubeconfig, or the surroundings of a pod, give no usable connection; the message says where and why.</summary>
public sealed class KubeconfigException : Exception
{
    /// <summary>Makes the error.</summary>
    public KubeconfigException(string message) : base(message)
    {
    }

    /// <summary>Makes the error with its cause.</summary>
    public KubeconfigException(string message, Exception cause) : base(message, cause)
    {
    }
}
