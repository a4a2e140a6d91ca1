using Mobula.PodSecurity.Admission;

namespace Mobula.Cli.Clusters;

/// <summary>The configuration of admission, as the API server's flags ask for it.</summary>
internal static class ClusterAdmission
{
    /// <summary>Pod Security's defaults and exemptions; the usual ones when the flags name no file.</summary>
    /// <exception cref="UsageException">The file is not accepted; the message is kube-apiserver's.</exception>
    public static PodSecurityConfiguration Read(ClusterRecord record)
    {
        if (!record.ApiServerFlags.TryGetValue("admission-control-config-file", out var file)) return PodSecurityConfiguration.Default;
        try
        {
            return AdmissionConfigurationFile.Read(file, File.ReadAllText);
        }
        catch (PodSecurityConfigurationException e)
        {
            throw new UsageException($"{file}: {e.Message}");
        }
    }
}
