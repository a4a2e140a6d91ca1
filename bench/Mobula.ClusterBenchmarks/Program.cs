using Mobula.ClusterBenchmarks;

var measurements = new Dictionary<string, (string About, Func<BenchmarkCluster, Task> Run, bool NeedsNode)>
{
    ["start"] = ("start to ready, and to the default ServiceAccount", StartMeasurement.RunAsync, false),
    ["creates"] = ("durable creates of ConfigMaps and Pods at 1, 16 and 64 clients", CreateMeasurement.RunAsync, false),
    ["list"] = ("a list of 10,000 pods, as JSON and as Table", ListMeasurement.RunAsync, false),
    ["watchers"] = ("events to 1,000 watchers", WatchMeasurement.RunAsync, false),
    ["memory"] = ("memory, idle and with 10,000 pods", MemoryMeasurement.RunAsync, false),
    ["pods"] = ("pod created to Running, one and 50 at once (root, containerd)", PodMeasurement.RunAsync, true),
};
var chosen = args.Length == 0 ? measurements.Keys.Where(k => !measurements[k].NeedsNode || Environment.IsPrivilegedProcess).ToArray() : args;
if (chosen.FirstOrDefault(c => !measurements.ContainsKey(c)) is { } unknown)
{
    Console.Error.WriteLine($"bench: \"{unknown}\" is no measurement. There are:");
    foreach (var (name, m) in measurements) Console.Error.WriteLine($"  {name,-10} {m.About}");
    return 2;
}
foreach (var name in chosen)
{
    Console.WriteLine($"{name}: {measurements[name].About}");
    await using var cluster = await BenchmarkCluster.CreateAsync(measurements[name].NeedsNode);
    await measurements[name].Run(cluster);
    Console.WriteLine();
}
return 0;
