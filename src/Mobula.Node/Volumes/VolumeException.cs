namespace Mobula.Node.Volumes;

/// <summary>A volume cannot be set up now; the message is that of the event.</summary>
internal sealed class VolumeException(string message) : Exception(message);

/// <summary>What a volume stands for cannot be had; the message is the whole text of the event.</summary>
internal sealed class UnattachedVolumeException(string message) : Exception(message);
