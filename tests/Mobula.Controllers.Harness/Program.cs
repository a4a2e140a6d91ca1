using Mobula.ApiServer;
using Mobula.Client;
using Mobula.Controllers;

// An API server with the control loops and without nodes, for replaying conversations and for kubectl:
// Mobula.Controllers.Harness DIRECTORY PORT [--no-scheduler] writes DIRECTORY/kubeconfig and serves until its input ends.
if (args.Length is not (2 or 3) || (args.Length == 3 && args[2] != "--no-scheduler"))
{
    Console.Error.WriteLine("usage: Mobula.Controllers.Harness DIRECTORY PORT [--no-scheduler]");
    return 2;
}
using var stop = new CancellationTokenSource();
await using var host = await ApiServerHost.StartAsync(new() { DataDirectory = Path.Combine(args[0], "data"), Port = int.Parse(args[1]), Log = Console.Error.WriteLine });
await File.WriteAllTextAsync(Path.Combine(args[0], "kubeconfig"), host.Kubeconfig("harness", token: true));

KubernetesApi ApiFor(string user) => new(
    new HttpClient(host.CreateHandler(user, user.StartsWith("system:serviceaccount:", StringComparison.Ordinal) ? ["system:masters", "system:serviceaccounts", "system:serviceaccounts:kube-system"] : ["system:masters"]))
    {
        BaseAddress = new("http://in-process"),
        Timeout = Timeout.InfiniteTimeSpan,
    },
    user == "system:kube-scheduler" ? "kube-scheduler" : "kube-controller-manager");

var options = new ControllerHostOptions
{
    ApiFor = ApiFor,
    RunScheduler = args.Length == 2,
    RootCertificateAuthorityPem = host.Admin.CertificateAuthorityPem,
    MintServiceAccountToken = (account, secret) => Task.FromResult($"{secret}-token"),
    Log = line => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss.fff} {line}"),
};
var running = ControllerHost.RunAsync(ApiFor("system:kube-controller-manager"), options, TimeProvider.System, stop.Token);
Console.WriteLine($"ready {host.Endpoint}");
while (await Console.In.ReadLineAsync() is not null)
{
}
await stop.CancelAsync();
await running;
return 0;
