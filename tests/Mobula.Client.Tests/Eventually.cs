namespace Mobula.Client.Tests;

internal static class Eventually
{
    /// <summary>Waits for background work to reach a state; fails after ten seconds.</summary>
    public static async Task HoldsAsync(Func<bool> condition, Action? meanwhile = null)
    {
        var until = DateTime.UtcNow.AddSeconds(10);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, "it did not come to hold");
            meanwhile?.Invoke();
            await Task.Delay(1);
        }
    }
}
