using Mobula.Node.Volumes;

namespace Mobula.Node.Tests.Volumes;

public sealed class AtomicFolderTests : IDisposable
{
    private const UnixFileMode Readable = (UnixFileMode)0x1A4;
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("mobula-volume-").FullName;

    [Fact]
    public void Files_are_seen_through_the_data_link()
    {
        Assert.True(Write(("k", "v"), ("sub/x", "y")));

        Assert.Equal("v", File.ReadAllText(Path.Combine(_folder, "k")));
        Assert.Equal("y", File.ReadAllText(Path.Combine(_folder, "sub", "x")));
        Assert.Equal("..data/k", new FileInfo(Path.Combine(_folder, "k")).LinkTarget);
        Assert.StartsWith("..2026_01_02_03_04_05.", new FileInfo(Path.Combine(_folder, "..data")).LinkTarget);
    }

    [Fact]
    public void Same_files_change_nothing()
    {
        Write(("k", "v"));
        var target = new FileInfo(Path.Combine(_folder, "..data")).LinkTarget;

        Assert.False(Write(("k", "v")));
        Assert.Equal(target, new FileInfo(Path.Combine(_folder, "..data")).LinkTarget);
    }

    [Fact]
    public void Change_replaces_all_at_once_and_leaves_nothing_old()
    {
        Write(("old", "1"), ("k", "v"));

        Assert.True(Write(("k", "w"), ("new", "2")));

        Assert.Equal(["..data", "k", "new"], Names().Where(n => !n.StartsWith("..2026", StringComparison.Ordinal)));
        Assert.Single(Names(), n => n.StartsWith("..2026", StringComparison.Ordinal));
        Assert.Equal("w", File.ReadAllText(Path.Combine(_folder, "k")));
    }

    [Fact]
    public void No_files_leave_an_empty_data_folder()
    {
        Write();

        Assert.True(Directory.Exists(Path.Combine(_folder, "..data")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private IEnumerable<string> Names() => new DirectoryInfo(_folder).EnumerateFileSystemInfos().Select(f => f.Name).Order(StringComparer.Ordinal);

    private bool Write(params (string Path, string Text)[] files) =>
        AtomicFolder.Write(_folder, files.ToDictionary(f => f.Path, f => new VolumeFile(System.Text.Encoding.UTF8.GetBytes(f.Text), Readable)), Now, _ => { });
}
