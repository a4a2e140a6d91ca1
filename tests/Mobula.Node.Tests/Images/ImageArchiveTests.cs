using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Mobula.Node.Images;

namespace Mobula.Node.Tests.Images;

public sealed class ImageArchiveTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mobula-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Same_content_gives_the_same_bytes_whatever_the_order_and_times()
    {
        var source = Path.Combine(_folder.FullName, "f");
        File.WriteAllText(source, "x");
        LayerEntry[] entries = [LayerEntry.File("a/b/f", source), LayerEntry.Link("a/l", "b/f"), LayerEntry.Text("z", "zz", 5, 6)];
        var first = LayerFile.Write(Path.Combine(_folder.FullName, "1"), entries);
        File.SetLastWriteTimeUtc(source, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        var second = LayerFile.Write(Path.Combine(_folder.FullName, "2"), entries.Reverse());

        Assert.Equal(File.ReadAllBytes(first.Path), File.ReadAllBytes(second.Path));
        Assert.Equal(first with { Path = "" }, LayerFile.Open(second.Path) with { Path = "" });
    }

    [Fact]
    public void Layer_holds_parents_links_and_owners()
    {
        var layer = LayerFile.Write(Path.Combine(_folder.FullName, "l"), [LayerEntry.Text("a/b/f", "text", 1000, 100), LayerEntry.Link("a/l", "b/f")]);

        var listed = new List<string>();
        using var tar = new TarReader(new GZipStream(File.OpenRead(layer.Path), CompressionMode.Decompress));
        while (tar.GetNextEntry() is { } e) listed.Add($"{e.EntryType} {e.Name} {e.Uid}:{e.Gid} {Convert.ToString((int)e.Mode, 8)} {e.LinkName}".TrimEnd());

        Assert.Equal(["Directory a/ 0:0 755", "Directory a/b/ 0:0 755", "RegularFile a/b/f 1000:100 644", "SymbolicLink a/l 0:0 777 b/f"], listed);
    }

    [Fact]
    public void Written_archive_reads_back()
    {
        var layer = LayerFile.Write(Path.Combine(_folder.FullName, "l"), [LayerEntry.Text("f", "text")]);
        var path = Path.Combine(_folder.FullName, "image.tar");
        ImageArchiveWriter.Write(path, "localhost/x:1", new JsonObject { ["User"] = "7" }, [layer]);

        using var archive = ImageArchive.Open(path);
        var image = Assert.Single(archive.Images());

        Assert.Equal("localhost/x:1", image.Reference);
        Assert.Equal([layer.DiffId], image.DiffIds);
        Assert.Equal("7", (string?)JsonNode.Parse(image.Config.Open())!["config"]!["User"]);
        Assert.Equal(layer.Digest, LayerFile.Sha256(image.Layers[0].Open()));
    }

    [Fact]
    public void Dockers_older_format_is_read_with_its_linked_layers_and_tags()
    {
        var path = Path.Combine(_folder.FullName, "docker.tar.gz");
        using (var file = new GZipStream(File.Create(path), CompressionLevel.Fastest))
        using (var tar = new TarWriter(file))
        {
            void Add(string name, string text) =>
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
            Add("one/layer.tar", "not really a tar");
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "two/layer.tar") { LinkName = "../one/layer.tar" });
            Add("c.json", """{"rootfs":{"diff_ids":["sha256:1","sha256:1"]}}""");
            Add("manifest.json", """[{"Config":"c.json","RepoTags":["busybox:1","me/x"],"Layers":["one/layer.tar","two/layer.tar"]}]""");
        }

        using var archive = ImageArchive.Open(path);
        var images = archive.Images();

        Assert.Equal(["docker.io/library/busybox:1", "docker.io/me/x:latest"], images.Select(i => i.Reference));
        Assert.Equal(LayerFile.Sha256("not really a tar"u8), images[0].Layers[1].Digest);
        Assert.Equal(["application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar"], images[0].Layers.Select(l => l.MediaType));
    }

    [Theory]
    [InlineData("hello, I am no archive")]
    [InlineData("")]
    public void What_is_no_archive_is_told_by_name(string content)
    {
        var path = Path.Combine(_folder.FullName, "x.tar");
        File.WriteAllText(path, content);

        var error = Assert.Throws<InvalidDataException>(() =>
        {
            using var archive = ImageArchive.Open(path);
            return archive.Images();
        });

        Assert.Contains(path, error.Message);
    }

    [Theory]
    [InlineData("busybox", "docker.io/library/busybox:latest")]
    [InlineData("a/b", "docker.io/a/b:latest")]
    [InlineData("localhost/a", "localhost/a:latest")]
    [InlineData("r.io:5000/a/b:1", "r.io:5000/a/b:1")]
    [InlineData("quay.io/a@sha256:0", "quay.io/a@sha256:0")]
    public void Short_reference_is_completed(string reference, string full) => Assert.Equal(full, ImageReference.Normalize(reference));
}
