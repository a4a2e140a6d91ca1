using System.Text.Json.Nodes;
using Mobula.RayRuntime.Wire;

namespace Mobula.RayRuntime.Head;

/// <summary>Whoever is connected: a driver, a worker, a node, or a command.</summary>
internal sealed class Peer(Connection connection)
{
    public Connection Connection { get; } = connection;
    public string Role { get; set; } = "";
    public JobRecord? Job { get; set; }
    public WorkerRecord? Worker { get; set; }
    public NodeRecord? Node { get; set; }
    /// <summary>Objects and actors this process holds references to.</summary>
    public HashSet<string> Holds { get; } = new(StringComparer.Ordinal);
}

internal enum ObjectState { Pending, Ready, Failed }

internal sealed class ObjectRecord(string id)
{
    public string Id { get; } = id;
    public ObjectState State { get; set; }
    public byte[]? Inline { get; set; }
    public long Size { get; set; }
    public bool IsError { get; set; }
    /// <summary>Why there is no value, in words the Python side makes an exception of.</summary>
    public JsonObject? Failure { get; set; }
    public List<NodeRecord> Locations { get; } = [];
    public string[] Contains { get; set; } = [];
    public HashSet<Peer> Holders { get; } = [];
    public int Pins { get; set; }
    public List<Peer>? Waiters { get; set; }
    public List<TaskRecord>? Dependents { get; set; }
    public ActorRecord? Actor { get; set; }
    public TaskRecord? Producer { get; set; }
}

/// <summary>What can be allocated from: a node, or a bundle of a placement group on it.</summary>
internal sealed class Pool(NodeRecord node, ResourceSet total)
{
    public NodeRecord Node { get; } = node;
    public ResourceSet Total { get; } = total;
    public ResourceSet Free { get; } = total.Copy();
}

internal sealed class NodeRecord(string id, JsonObject hello, Peer peer)
{
    public string Id { get; } = id;
    public Peer Peer { get; } = peer;
    public string Ip { get; } = hello.Text("ip");
    public string Host { get; } = hello.Text("host");
    public bool IsHead { get; } = hello.Flag("head");
    public int AgentPort { get; } = (int)hello.Number("agent_port");
    public int MetricsPort { get; } = (int)hello.Number("metrics_port");
    public string SessionDir { get; } = hello.Text("session_dir");
    public string StoreDir { get; } = hello.Text("store_dir");
    public JsonObject Labels { get; } = (JsonObject)hello.Object("labels").DeepClone();
    public Pool Pool { get; private set; } = null!;
    public bool Alive { get; set; } = true;
    public string? StateMessage { get; set; }
    public long StartedAt { get; set; }
    public long EndedAt { get; set; }
    public long StoreUsed { get; set; }
    public JsonObject Stats { get; set; } = [];
    public Dictionary<string, WorkerRecord> Workers { get; } = [];
    public int Starting { get; set; }
    /// <summary>How this node's proxy of Serve is; null where there is none.</summary>
    public string? Proxy { get; set; }

    public NodeRecord WithPool(ResourceSet total)
    {
        Pool = new Pool(this, total);
        return this;
    }
}

internal enum WorkerState { Starting, Idle, Busy, Actor, Dead }

internal sealed class WorkerRecord(string id, NodeRecord node, string key, string jobId)
{
    public string Id { get; } = id;
    public NodeRecord Node { get; } = node;
    public string Key { get; } = key;
    public string JobId { get; } = jobId;
    public int Pid { get; set; }
    public Peer? Peer { get; set; }
    public WorkerState State { get; set; } = WorkerState.Starting;
    public TaskRecord? Task { get; set; }
    public ActorRecord? Actor { get; set; }
    public Pool? Pool { get; set; }
    public ResourceSet Held { get; set; } = new();
    public int Blocked { get; set; }
    public long IdleSince { get; set; }
    public string? ExitDetail { get; set; }
    public string? SetupError { get; set; }
}

internal enum TaskKind { Normal, ActorCreation, ActorCall }

internal sealed class TaskRecord(TaskKind kind, JsonObject header, Frame frame, Peer submitter)
{
    public TaskKind Kind { get; } = kind;
    public Frame Frame { get; set; } = frame;
    public Peer Submitter { get; } = submitter;
    public string Id { get; } = header.Text("task");
    public string Name { get; } = header.Text("name");
    public string Function { get; } = header.Text("func");
    public string JobId { get; } = header.Text("job");
    public string[] Dependencies { get; } = header.Texts("deps");
    public string[] References { get; } = header.Texts("refs");
    /// <summary>Number of return values; -1 is a stream.</summary>
    public int Returns { get; } = (int)header.Number("n", 1);
    public ResourceSet Demand { get; } = ResourceSet.From(header.Object("res"));
    public JsonObject Strategy { get; } = header.Object("strategy");
    public JsonObject Environment { get; } = header.Object("env");
    public string EnvironmentKey { get; } = header["env"]?.ToJsonString() ?? "";
    public int RetriesLeft { get; set; } = (int)header.Number("retries");
    public int Attempt { get; set; }
    public int Missing { get; set; }
    public string State { get; set; } = "PENDING_ARGS_AVAIL";
    public string? ErrorType { get; set; }
    public string? ErrorMessage { get; set; }
    public ActorRecord? Actor { get; set; }
    public WorkerRecord? Worker { get; set; }
    public string NodeId { get; set; } = "";
    public long CreatedAt { get; set; }
    public long StartedAt { get; set; }
    public long EndedAt { get; set; }
    public bool Cancelled { get; set; }
    public bool Finished { get; set; }
    public string Shape => field ??= $"{JobId}|{Demand}|{Strategy.ToJsonString()}|{EnvironmentKey}|{(Kind == TaskKind.ActorCreation ? Id : "")}";
    public string ReturnId(int index) => Id + Convert.ToHexStringLower(BitConverter.GetBytes(index + 1));
}

internal sealed class ActorRecord(string id, JsonObject header)
{
    public string Id { get; } = id;
    public string Class { get; } = header.Text("cls");
    public string Name { get; } = header.Text("aname");
    public string Namespace { get; } = header.Text("ns");
    public string JobId { get; } = header.Text("job");
    public bool Detached { get; } = header.Flag("detached");
    public JsonObject Handle { get; } = (JsonObject)header.Object("handle").DeepClone();
    public ResourceSet RunningDemand { get; } = ResourceSet.From(header.Object("run_res"));
    public int RestartsLeft { get; set; } = (int)header.Number("max_restarts");
    public int Restarts { get; set; }
    public TaskRecord Creation { get; set; } = null!;
    public Frame CreationFrame { get; set; }
    public string State { get; set; } = "DEPENDENCIES_UNREADY";
    public WorkerRecord? Worker { get; set; }
    public int Pid { get; set; }
    public string NodeId { get; set; } = "";
    public string Ip { get; set; } = "";
    public JsonObject? Death { get; set; }
    public Dictionary<Peer, Queue<TaskRecord>> Queues { get; } = [];
    public LinkedList<TaskRecord> InFlight { get; } = [];
    public string? PlacementGroup { get; } = header.Object("strategy").TextOrNull("pg");
    public string RequiredResources { get; } = header.Object("run_res").ToJsonString();
}

internal sealed class PlacementGroupRecord(string id, string jobId, JsonArray bundles, string strategy, string name, bool detached)
{
    public string Id { get; } = id;
    public string JobId { get; } = jobId;
    public JsonArray Bundles { get; } = bundles;
    public string Strategy { get; } = strategy;
    public string Name { get; } = name;
    public bool Detached { get; } = detached;
    public string State { get; set; } = "PENDING";
    public List<Pool> Pools { get; } = [];
    public List<(Peer Peer, long Request)> Waiters { get; } = [];
}

/// <summary>A job: a connected driver, or a command given to the Jobs API.</summary>
internal sealed class JobRecord
{
    public string? JobId { get; set; }
    public string? SubmissionId { get; set; }
    public string Status { get; set; } = "PENDING";
    public string Entrypoint { get; set; } = "";
    public string? Message { get; set; }
    public string? ErrorType { get; set; }
    public long StartTime { get; set; }
    public long? EndTime { get; set; }
    public JsonObject? Metadata { get; set; }
    public JsonObject? RuntimeEnv { get; set; }
    public string? DriverIp { get; set; }
    public int DriverPid { get; set; }
    public NodeRecord? Node { get; set; }
    public Pool? Pool { get; set; }
    public ResourceSet Demand { get; set; } = new();
    public int? ExitCode { get; set; }
    public bool StopRequested { get; set; }
    public string Namespace { get; set; } = "";
    public Peer? Peer { get; set; }
    public bool LogToDriver { get; set; }
    /// <summary>A part of the cluster itself: no list of jobs shows it.</summary>
    public bool IsSystem { get; set; }
    public bool Terminal => Status is "SUCCEEDED" or "FAILED" or "STOPPED";
}
