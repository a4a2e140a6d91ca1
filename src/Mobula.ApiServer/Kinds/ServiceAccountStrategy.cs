namespace Mobula.ApiServer.Kinds;

/// <summary>ServiceAccounts: DELETE answers the account.</summary>
internal sealed class ServiceAccountStrategy : ResourceStrategy
{
    public override bool ReturnsDeletedObject => true;
}
