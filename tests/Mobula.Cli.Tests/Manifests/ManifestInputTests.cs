using System.Text;
using Mobula.Cli.Manifests;

namespace Mobula.Cli.Tests.Manifests;

public sealed class ManifestInputTests
{
    [Fact]
    public void Text_that_is_no_UTF8_is_told_with_its_place_and_hides_nothing()
    {
        var folder = Directory.CreateTempSubdirectory("mobula-input-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "bad.yaml"), [.. Encoding.UTF8.GetBytes("a: é\nb: "), 0xff, (byte)'x']);
            File.WriteAllText(Path.Combine(folder, "good.yml"), "\uFEFFa: 1\n", new UTF8Encoding(false));
            File.WriteAllText(Path.Combine(folder, "other.txt"), "x");
            var (files, problems) = ManifestInput.Read([folder, "-"], () => new MemoryStream("b: 2"u8.ToArray()));
            Assert.Equal(["\uFEFFa: 1\n", "b: 2"], files.Select(f => f.Text));
            Assert.Equal((2, 4), (Assert.Single(problems).Position.Line, problems[0].Position.Column));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Replaced_file_keeps_its_mode_and_leaves_nothing_beside_it()
    {
        var folder = Directory.CreateTempSubdirectory("mobula-replace-").FullName;
        try
        {
            var (file, link) = (Path.Combine(folder, "f.yaml"), Path.Combine(folder, "link.yaml"));
            File.WriteAllText(file, "old");
            const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
            File.SetUnixFileMode(file, mode);
            File.CreateSymbolicLink(link, "f.yaml");
            ReplacedFile.Write(link, "\uFEFFnew");
            Assert.Equal([0xef, 0xbb, 0xbf, (byte)'n', (byte)'e', (byte)'w'], File.ReadAllBytes(file));
            Assert.Equal(mode, File.GetUnixFileMode(file));
            Assert.Equal("f.yaml", new FileInfo(link).LinkTarget);
            Assert.Equal(2, Directory.GetFiles(folder).Length);
            ReplacedFile.Write(Path.Combine(folder, "new.yaml"), "x");
            Assert.Equal("x", File.ReadAllText(Path.Combine(folder, "new.yaml")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
