using System.Security.Cryptography;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Commands;

/// <summary>`ray get-auth-token`: shows the token, or makes one.</summary>
internal static class TokenCommand
{
    public static int Run(string[] args)
    {
        var a = Arguments.Parse(args, [], ["--generate"]);
        var token = AuthenticationToken.Read();
        if (token is null && a.Has("--generate"))
        {
            token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            Directory.CreateDirectory(Path.GetDirectoryName(AuthenticationToken.DefaultFile)!);
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            using var file = new StreamWriter(AuthenticationToken.DefaultFile, options);
            file.Write(token);
        }
        if (token is null)
        {
            Console.Error.WriteLine("Error: No authentication token found. Use ray `get-auth-token --generate` to create one.");
            return 1;
        }
        // The token alone on standard output, for scripts; the end of the line is for people.
        Console.Write(token);
        Console.Error.WriteLine();
        return 0;
    }
}
