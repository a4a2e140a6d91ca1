using System.Text;

namespace Mobula.Cli.Manifests;

/// <summary>A file that is there as it was or as it will be, never half written.</summary>
internal static class ReplacedFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes beside the file and renames; the file's mode stays, and a link goes on leading to its target.</summary>
    public static void Write(string path, string text)
    {
        var target = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        var temporary = $"{target}.{Environment.ProcessId}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (File.Exists(target)) options.UnixCreateMode = File.GetUnixFileMode(target);
        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                // What is created with a mode is narrowed by the umask.
                if (options.UnixCreateMode is { } mode) File.SetUnixFileMode(stream.SafeFileHandle, mode);
                stream.Write(Utf8.GetBytes(text));
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
