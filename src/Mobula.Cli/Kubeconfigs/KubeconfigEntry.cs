namespace Mobula.Cli.Kubeconfigs;

/// <summary>What a kubeconfig holds of one cluster: cluster, user and context carry the same name.</summary>
/// <param name="Name">The name of the three entries, for example <c>mobula-dev</c>.</param>
/// <param name="Server">The API server's URL.</param>
/// <param name="CertificateAuthority">The CA's certificate as PEM.</param>
/// <param name="ClientCertificate">The administrator's certificate as PEM.</param>
/// <param name="ClientKey">The administrator's key as PEM.</param>
internal sealed record KubeconfigEntry(string Name, string Server, string CertificateAuthority, string ClientCertificate, string ClientKey);
