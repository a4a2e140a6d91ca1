using Mobula.Cli.Kubeconfigs;

namespace Mobula.Cli.Tests.Kubeconfigs;

public sealed class KubeconfigFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void New_file_is_private()
    {
        var file = new KubeconfigFile(Path.Combine(_folder, "sub", "config"));

        file.Put(new("n", "s", "a", "b", "c"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.Path));
        Assert.Equal(["config"], Directory.EnumerateFiles(Path.GetDirectoryName(file.Path)!).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Writers_at_once_lose_nothing()
    {
        var path = Path.Combine(_folder, "config");

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => new KubeconfigFile(path).Put(new($"n{i}", "s", "a", "b", "c")))));

        var document = new KubeconfigFile(path).Read();
        Assert.All(Enumerable.Range(0, 8), i => Assert.True(document.HasContext($"n{i}")));
    }
}
