using Mobula.Node.Images;
using Mobula.Node.Tests.Containerd;

namespace Mobula.Node.Tests.Images;

public sealed class ImageImporterTests
{
    [Fact]
    public async Task Imported_image_is_known_to_cri_and_a_second_import_changes_nothing()
    {
        await using var host = await ContainerdHost.StartAsync();
        Assert.SkipUnless(TestImages.SkipReason is null, TestImages.SkipReason ?? "");
        var archive = TestImages.WriteBusybox(host.Folder, TestImages.Busybox, "sleep", "9999");
        var importer = new ImageImporter(host.Connection);

        Assert.Equal([TestImages.Busybox], await importer.ImportAsync(archive, TestContext.Current.CancellationToken));
        var first = await host.Connection.Images.ListImagesAsync(new(), cancellationToken: TestContext.Current.CancellationToken);
        await importer.ImportAsync(archive, TestContext.Current.CancellationToken);
        var second = await host.Connection.Images.ListImagesAsync(new(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal([TestImages.Busybox], Assert.Single(first.Images).RepoTags);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Damaged_archive_is_refused()
    {
        await using var host = await ContainerdHost.StartAsync();
        Assert.SkipUnless(TestImages.SkipReason is null, TestImages.SkipReason ?? "");
        var archive = TestImages.WriteBusybox(host.Folder, TestImages.Busybox, "sleep", "9999");
        using (var file = new FileStream(archive, FileMode.Open))
        {
            file.Position = file.Length / 2;
            var b = file.ReadByte();
            file.Position--;
            file.WriteByte((byte)(b ^ 0xff));
        }

        var error = await Assert.ThrowsAsync<InvalidDataException>(
            () => new ImageImporter(host.Connection).ImportAsync(archive, TestContext.Current.CancellationToken));

        Assert.Contains("damaged", error.Message);
    }
}
