namespace Mobula.Node.Volumes;

/// <summary>A volume cannot be set up now; the message is that of the event.</summary>
internal sealed class VolumeException(string message) : Exception(message);
