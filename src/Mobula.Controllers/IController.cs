namespace Mobula.Controllers;

/// <summary>One control loop of the cluster.</summary>
internal interface IController
{
    /// <summary>Runs until cancelled; then it returns normally.</summary>
    Task RunAsync(CancellationToken cancellation);
}
