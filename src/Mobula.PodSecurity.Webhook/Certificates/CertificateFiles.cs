using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mobula.PodSecurity.Webhook.Certificates;

/// <summary>Serves a certificate from files, and the new one when they are replaced (by cert-manager and the kubelet, say).</summary>
internal sealed class CertificateFiles : IDisposable
{
    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly ServedCertificate _served;
    private readonly Action<string>? _log;
    private readonly List<FileSystemWatcher> _watchers = [];

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">They are no certificate and its key.</exception>
    public CertificateFiles(string certificateFile, string keyFile, ServedCertificate served, Action<string>? log)
    {
        (_certificateFile, _keyFile, _served, _log) = (Path.GetFullPath(certificateFile), Path.GetFullPath(keyFile), served, log);
        Load();
        foreach (var folder in new[] { Path.GetDirectoryName(_certificateFile)!, Path.GetDirectoryName(_keyFile)! }.Distinct())
        {
            // The kubelet replaces a link in the folder, not the files: every change there counts.
            var watcher = new FileSystemWatcher(folder);
            watcher.Changed += Reload;
            watcher.Created += Reload;
            watcher.Renamed += Reload;
            watcher.EnableRaisingEvents = true;
            _watchers.Add(watcher);
        }
    }

    public void Dispose()
    {
        foreach (var watcher in _watchers) watcher.Dispose();
    }

    private void Load()
    {
        var pem = File.ReadAllText(_certificateFile);
        var certificate = X509Certificate2.CreateFromPem(pem, File.ReadAllText(_keyFile));
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(pem);
        _served.Use(certificate, chain);
    }

    private void Reload(object sender, FileSystemEventArgs e)
    {
        try
        {
            var before = _served.Context;
            lock (_watchers) Load();
            if (_served.Context != before) _log?.Invoke($"serving the certificate that ends {_served.Context!.TargetCertificate.NotAfter.ToUniversalTime():yyyy-MM-dd}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            // One of the two is new, the other not yet: the next event brings them together.
            _log?.Invoke($"{_certificateFile} and {_keyFile} cannot be used yet: {failure.Message}");
        }
    }
}
