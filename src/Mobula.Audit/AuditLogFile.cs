using System.Globalization;
using System.IO.Compression;

namespace Mobula.Audit;

/// <summary>A file that only grows, until it is full and a new one takes its place.</summary>
internal sealed class AuditLogFile : IDisposable
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH-mm-ss.fff";

    private readonly AuditLogOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string>? _warn;
    private readonly long _mostBytes;
    private Stream _stream;
    private long _size;

    private AuditLogFile(AuditLogOptions options, TimeProvider time, Action<string>? warn, Stream stream, long size)
    {
        _options = options;
        _time = time;
        _warn = warn;
        _mostBytes = options.MaxSizeMegabytes * 1_048_576L;
        _stream = stream;
        _size = size;
    }

    private bool IsFile => _options.Path != "-";

    public static AuditLogFile Open(AuditLogOptions options, TimeProvider time, Action<string>? warn)
    {
        if (options.Path == "-") return new(options, time, warn, Console.OpenStandardOutput(), 0);
        if (Path.GetDirectoryName(Path.GetFullPath(options.Path)) is { } folder && !Directory.Exists(folder))
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        var stream = OpenFile(options.Path);
        var file = new AuditLogFile(options, time, warn, stream, stream.Length);
        if (file._mostBytes > 0)
        {
            if (file._size >= file._mostBytes) file.Rotate();
            else file.CleanUp();
        }
        return file;
    }

    /// <summary>Appends the lines and hands them to the operating system.</summary>
    public void Append(List<byte[]> lines)
    {
        foreach (var line in lines)
        {
            if (IsFile && _mostBytes > 0)
            {
                if (line.Length > _mostBytes)
                {
                    _warn?.Invoke(string.Create(CultureInfo.InvariantCulture, $"write length {line.Length} exceeds maximum file size {_mostBytes}"));
                    continue;
                }
                if (_size + line.Length > _mostBytes) Rotate();
            }
            _stream.Write(line);
            _size += line.Length;
        }
        _stream.Flush();
    }

    public void Dispose()
    {
        _stream.Flush();
        if (IsFile) _stream.Dispose();
    }

    private static FileStream OpenFile(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 65_536 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }

    private void Rotate()
    {
        _stream.Dispose();
        var (folder, stem, extension) = Parts();
        var time = _time.GetUtcNow().UtcDateTime;
        string backup;
        // Two rotations within a millisecond must not take each other's name.
        while (true)
        {
            backup = Path.Combine(folder, $"{stem}-{time.ToString(TimeFormat, CultureInfo.InvariantCulture)}{extension}");
            if (!File.Exists(backup) && !File.Exists($"{backup}.gz")) break;
            time = time.AddMilliseconds(1);
        }
        File.Move(_options.Path, backup);
        _stream = OpenFile(_options.Path);
        _size = 0;
        CleanUp();
    }

    private void CleanUp()
    {
        var (folder, stem, extension) = Parts();
        try
        {
            var backups = Directory.EnumerateFiles(folder, $"{stem}-*")
                .Select(path => (Path: path, Time: BackupTime(Path.GetFileName(path), stem, extension)))
                .Where(b => b.Time is not null)
                .GroupBy(b => b.Time!.Value)
                .OrderByDescending(b => b.Key)
                .ToList();
            var oldest = _options.MaxAgeDays == 0 ? DateTime.MinValue : _time.GetUtcNow().UtcDateTime.AddDays(-_options.MaxAgeDays);
            for (var i = 0; i < backups.Count; i++)
            {
                var isOld = (_options.MaxBackups > 0 && i >= _options.MaxBackups) || backups[i].Key < oldest;
                foreach (var (path, _) in backups[i])
                {
                    if (isOld) File.Delete(path);
                    else if (_options.Compress && !path.EndsWith(".gz", StringComparison.Ordinal)) Compress(path);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _warn?.Invoke($"cannot clean up rotated audit logs in {folder}: {e.Message}");
        }
    }

    private static void Compress(string path)
    {
        using (var source = File.OpenRead(path))
        using (var target = new GZipStream(OpenFile($"{path}.gz"), CompressionLevel.Optimal))
        {
            source.CopyTo(target);
        }
        File.Delete(path);
    }

    private static DateTime? BackupTime(string name, string stem, string extension)
    {
        if (name.EndsWith(".gz", StringComparison.Ordinal)) name = name[..^3];
        if (!name.EndsWith(extension, StringComparison.Ordinal) || name.Length <= stem.Length + 1 + extension.Length) return null;
        return DateTime.TryParseExact(name[(stem.Length + 1)..^extension.Length], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;
    }

    private (string Folder, string Stem, string Extension) Parts()
    {
        var path = Path.GetFullPath(_options.Path);
        return (Path.GetDirectoryName(path)!, Path.GetFileNameWithoutExtension(path), Path.GetExtension(path));
    }
}
