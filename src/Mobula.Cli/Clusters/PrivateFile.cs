namespace Mobula.Cli.Clusters;

/// <summary>Files that hold keys: readable by their owner alone from the first byte on.</summary>
internal static class PrivateFile
{
    /// <summary>Writes a file with mode 0600.</summary>
    public static async Task WriteAsync(string path, string text, CancellationToken cancellation)
    {
        var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        await using (stream.ConfigureAwait(false))
        {
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancellation).ConfigureAwait(false);
        }
    }
}
