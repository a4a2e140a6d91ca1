// Writes layers and images for deploy/images/build:
//   image-archive layer OUTPUT tar FILE          a layer of a tar file
//   image-archive layer OUTPUT list FILE         a layer of files: lines SOURCE TARGET [UID GID], or -> POINTS-TO TARGET for a link
//   image-archive image OUTPUT REFERENCE CONFIG.json LAYER...
using System.Globalization;
using System.Text.Json.Nodes;
using Mobula.Node.Images;

switch (args)
{
    case ["layer", var output, "tar", var tar]:
        LayerFile.FromTar(output, tar);
        return 0;
    case ["layer", var output, "list", var list]:
        LayerFile.Write(output, File.ReadLines(list).Where(l => l.Length > 0).SelectMany(Entries));
        return 0;
    case ["image", var output, var reference, var config, .. var layers]:
        ImageArchiveWriter.Write(output, reference, JsonNode.Parse(File.ReadAllText(config))!.AsObject(), [.. layers.Select(LayerFile.Open)]);
        return 0;
    default:
        Console.Error.WriteLine("image-archive: layer OUTPUT tar|list FILE, or image OUTPUT REFERENCE CONFIG.json LAYER...");
        return 2;
}

static IEnumerable<LayerEntry> Entries(string line)
{
    var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    if (fields is ["->", var pointsTo, var link]) return [LayerEntry.Link(link, pointsTo)];
    var uid = fields.Length > 2 ? int.Parse(fields[2], CultureInfo.InvariantCulture) : 0;
    var gid = fields.Length > 3 ? int.Parse(fields[3], CultureInfo.InvariantCulture) : 0;
    return Directory.Exists(fields[0]) ? LayerEntry.Tree(fields[1], fields[0], uid, gid) : [LayerEntry.File(fields[1], fields[0], uid, gid)];
}
