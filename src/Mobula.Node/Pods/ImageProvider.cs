using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using Mobula.Kubernetes;
using Mobula.Node.Containerd;
using Mobula.Node.Containerd.Cri;

namespace Mobula.Node.Pods;

/// <summary>Sees to it that a container's image is there, by its pull policy. Pulls go one at a time, as the kubelet's do.</summary>
internal sealed class ImageProvider(ContainerdConnection runtime, ReferencedObjects objects, PodEvents events, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _pulling = new(1);
    private readonly RestartBackoffs _backoffs = RestartBackoffs.OfKubelet();
    private readonly Dictionary<string, string> _lastErrors = [];

    /// <exception cref="StartException">It is not there.</exception>
    public async Task<LocalImage> ProvideAsync(JsonObject pod, ContainerSpec container, CancellationToken cancellation)
    {
        var image = container.Image;
        var (name, error) = ImageName.Normalize(image);
        if (name is null)
        {
            var text = $"Failed to apply default image tag \"{image}\": couldn't parse image name \"{image}\": {error}";
            events.Warning(pod, container, "InspectFailed", text);
            throw new StartException("InvalidImageName", text);
        }
        var policy = container.Json.Text("imagePullPolicy") ?? (name.EndsWith(":latest", StringComparison.Ordinal) ? "Always" : "IfNotPresent");
        if (policy != "Always" && await FindAsync(name, cancellation).ConfigureAwait(false) is { } present)
        {
            events.Normal(pod, container, "Pulled", $"Container image \"{image}\" already present on machine and can be accessed by the pod");
            return present;
        }
        if (policy == "Never")
        {
            var text = $"Container image \"{image}\" is not present with pull policy of Never";
            events.Warning(pod, container, "ErrImageNeverPull", text);
            throw new StartException("ErrImageNeverPull", text);
        }
        return await PullAsync(pod, container, image, name, cancellation).ConfigureAwait(false);
    }

    /// <summary>What is left of the wait before the image is pulled again; zero when there is none.</summary>
    public TimeSpan Wait(JsonObject pod, ContainerSpec container)
    {
        lock (_backoffs) return _backoffs.RemainingSinceUpdate(Key(pod, container.Image), time.GetUtcNow());
    }

    public void Dispose() => _pulling.Dispose();

    private static string Key(JsonObject pod, string image) => $"{pod.Uid}_{image}";

    private async Task<LocalImage?> FindAsync(string name, CancellationToken cancellation)
    {
        var answer = await runtime.Images.ImageStatusAsync(new ImageStatusRequest { Image = new ImageSpec { Image = name } }, cancellationToken: cancellation).ConfigureAwait(false);
        return answer.Image is { } image ? new LocalImage(image.Id, image.Uid?.Value, image.Username) : null;
    }

    private async Task<LocalImage> PullAsync(JsonObject pod, ContainerSpec container, string image, string name, CancellationToken cancellation)
    {
        var key = Key(pod, image);
        string? lastError = null;
        lock (_backoffs)
        {
            if (_backoffs.RemainingSinceUpdate(key, time.GetUtcNow()) > TimeSpan.Zero) lastError = _lastErrors.GetValueOrDefault(key, "");
        }
        if (lastError is not null)
        {
            events.Normal(pod, container, "BackOff", $"Back-off pulling image \"{image}\"");
            throw new StartException("ImagePullBackOff", $"Back-off pulling image \"{image}\": ErrImagePull: {lastError}");
        }
        events.Normal(pod, container, "Pulling", $"Pulling image \"{image}\"");
        var asked = time.GetTimestamp();
        await _pulling.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var started = time.GetTimestamp();
            var request = new PullImageRequest { Image = new ImageSpec { Image = name }, Auth = await CredentialsAsync(pod, name, cancellation).ConfigureAwait(false) };
            await runtime.Images.PullImageAsync(request, cancellationToken: cancellation).ConfigureAwait(false);
            var status = await runtime.Images.ImageStatusAsync(new ImageStatusRequest { Image = request.Image }, cancellationToken: cancellation).ConfigureAwait(false);
            var pulled = status.Image ?? throw new StartException("ErrImagePull", $"image \"{image}\" was pulled but is not there");
            events.Normal(pod, container, "Pulled", $"Successfully pulled image \"{image}\" in {Duration(time.GetElapsedTime(started))} ({Duration(time.GetElapsedTime(asked))} including waiting). Image size: {pulled.Size} bytes.");
            lock (_backoffs) _backoffs.Forget(key);
            return new LocalImage(pulled.Id, pulled.Uid?.Value, pulled.Username);
        }
        catch (RpcException e) when (!cancellation.IsCancellationRequested)
        {
            var text = RpcText.Short(e);
            lock (_backoffs)
            {
                var now = time.GetUtcNow();
                _backoffs.Next(key, now, now);
                _lastErrors[key] = text;
            }
            events.Warning(pod, container, "Failed", $"Failed to pull image \"{image}\": {text}");
            throw new StartException("ErrImagePull", text);
        }
        finally
        {
            _pulling.Release();
        }
    }

    /// <summary>The credentials among the pod's <c>imagePullSecrets</c> for the image's registry.</summary>
    private async Task<AuthConfig?> CredentialsAsync(JsonObject pod, string name, CancellationToken cancellation)
    {
        var registry = ImageName.Registry(name);
        foreach (var reference in pod.Objects("spec", "imagePullSecrets"))
        {
            var secret = await objects.GetAsync(Mobula.Client.Resources.Secrets, pod.Namespace ?? "", reference.Text("name") ?? "", pod.Uid, cancellation).ConfigureAwait(false);
            if ((secret?.Text("data", ".dockerconfigjson") ?? secret?.Text("data", ".dockercfg")) is not { } encoded) continue;
            if (JsonNode.Parse(Convert.FromBase64String(encoded)) is not JsonObject config) continue;
            foreach (var (host, value) in config.Object("auths") ?? config)
            {
                if (value is not JsonObject auth || !Matches(host, registry)) continue;
                var pair = auth.Text("auth") is { Length: > 0 } both ? Encoding.UTF8.GetString(Convert.FromBase64String(both)).Split(':', 2) : [];
                return new AuthConfig
                {
                    Username = auth.Text("username") ?? (pair.Length == 2 ? pair[0] : ""),
                    Password = auth.Text("password") ?? (pair.Length == 2 ? pair[1] : ""),
                };
            }
        }
        return null;
    }

    private static bool Matches(string host, string registry)
    {
        var bare = host.Replace("https://", "", StringComparison.Ordinal).Replace("http://", "", StringComparison.Ordinal).Split('/')[0];
        return bare == registry || (registry == "docker.io" && bare == "index.docker.io");
    }

    private static string Duration(TimeSpan span) => span.TotalSeconds < 1
        ? $"{span.TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture)}ms"
        : $"{span.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)}s";
}
