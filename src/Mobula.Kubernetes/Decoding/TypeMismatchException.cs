namespace Mobula.Kubernetes.Decoding;

/// <summary>A value does not fit its type. The message is that of Go's decoder, for example <c>json: cannot unmarshal string into Go struct field …</c>.</summary>
/// <param name="message">The message.</param>
public sealed class TypeMismatchException(string message) : Exception(message);
