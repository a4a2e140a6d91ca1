using System.Text.Json.Nodes;
using Mobula.ApiServer.Rest;
using Mobula.Kubernetes;
using Mobula.Kubernetes.Decoding;
using Mobula.Kubernetes.Errors;
using Mobula.Kubernetes.Patches;
using Mobula.Kubernetes.Schema;

namespace Mobula.ApiServer.Admission.Webhooks;

/// <summary>What a webhook's JSON patch makes of an object.</summary>
internal static class WebhookPatch
{
    /// <summary>Patches the object of a review, in place.</summary>
    /// <returns>Whether it is another now.</returns>
    /// <exception cref="StatusException">500: the patch does not apply, or its result is no object of the kind.</exception>
    public static bool Apply(AdmissionReview review, ResourceDefinition sentAs, JsonArray patch)
    {
        var before = review.Object!;
        var patched = Patched(ReviewRequest.Sent(review, before, sentAs)!, patch);
        if (review.Kind is null)
        {
            patched = ServedForm.ToStored(sentAs, ServedForm.Default(sentAs, Decoded(sentAs, patched)));
        }
        if (JsonNode.DeepEquals(before, patched)) return false;
        before.Clear();
        foreach (var (name, value) in patched.ToList())
        {
            patched.Remove(name);
            before[name] = value;
        }
        return true;
    }

    private static JsonObject Patched(JsonObject o, JsonArray patch)
    {
        foreach (var operation in patch.OfType<JsonObject>())
        {
            try
            {
                o = JsonPatch.Apply(o, [operation.DeepClone()]);
            }
            catch (PatchException e)
            {
                throw StatusException.InternalError(Words(operation, e.Message));
            }
        }
        return o;
    }

    private static string Words(JsonObject operation, string cause) => operation.Text("op") switch
    {
        "test" => $"{cause}: test failed",
        "remove" => $"error in remove for path: '{operation.Text("path")}': {cause}: missing value",
        var op => $"error in {op} for path: '{operation.Text("path")}': {cause}",
    };

    private static JsonObject Decoded(ResourceDefinition sentAs, JsonObject patched)
    {
        if (sentAs.IsCustom)
        {
            CustomResourceForm.Prune(sentAs.Schema, patched);
            CustomResourceForm.ApplyDefaults(sentAs.Schema, patched);
            return patched;
        }
        try
        {
            var schema = patched.GroupVersionKind is var kind && kind != sentAs.Kind ? BuiltInSchemas.Find(kind) ?? sentAs.Schema : sentAs.Schema;
            return TypedForm.Apply(schema, patched);
        }
        catch (TypeMismatchException e)
        {
            throw StatusException.InternalError(e.Message);
        }
    }
}
