using Grpc.Core;

namespace Mobula.Node.Pods;

/// <summary>Errors of the runtime in the words of the kubelet.</summary>
internal static class RpcText
{
    /// <summary><c>rpc error: code = NotFound desc = …</c>; the text alone where the code says nothing.</summary>
    public static string Short(RpcException e) => e.StatusCode == StatusCode.Unknown ? e.Status.Detail : Full(e);

    public static string Full(RpcException e) => $"rpc error: code = {(e.StatusCode == StatusCode.Cancelled ? "Canceled" : e.StatusCode)} desc = {e.Status.Detail}";
}
