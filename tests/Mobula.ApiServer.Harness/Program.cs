// Runs an API server alone and writes its administrator's kubeconfig:
//   Mobula.ApiServer.Harness --data-dir DIR --kubeconfig FILE [--port N] [--credential token|certificate]
// It says "ready URL" on standard output and runs until it gets SIGINT or SIGTERM.
using System.Runtime.InteropServices;
using Mobula.ApiServer;

var settings = args.Chunk(2).Where(p => p.Length == 2).ToDictionary(p => p[0].TrimStart('-'), p => p[1]);
if (!settings.TryGetValue("data-dir", out var directory) || !settings.TryGetValue("kubeconfig", out var kubeconfig))
{
    Console.Error.WriteLine("usage: Mobula.ApiServer.Harness --data-dir DIR --kubeconfig FILE [--port N] [--credential token|certificate]");
    return 2;
}
var stop = new TaskCompletionSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
await using var host = await ApiServerHost.StartAsync(new()
{
    DataDirectory = directory,
    Port = settings.TryGetValue("port", out var port) ? int.Parse(port, System.Globalization.CultureInfo.InvariantCulture) : 0,
    Log = Console.Error.WriteLine,
});
await File.WriteAllTextAsync(kubeconfig, host.Kubeconfig("mobula", token: settings.GetValueOrDefault("credential") == "token"));
Console.WriteLine($"ready {host.Endpoint}");
await stop.Task;
return 0;

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.TrySetResult();
}
