using System.CommandLine;
using Mobula.Cli.CommandLine;
using Mobula.Cli.Commands;
using Mobula.Cli.Terminal;

var terminal = TerminalOutput.ForProcess();
var root = new RootCommand("Ray on Kubernetes under the restricted Pod Security Standard: a local cluster, a Ray operator, and checks.")
{
    new Command("create", "Create one of [cluster]") { CreateClusterCommand.Create(terminal) },
    StartStopCommands.CreateStart(terminal),
    StartStopCommands.CreateStop(terminal),
    DeleteCommand.Create(terminal),
    GetCommand.Create(terminal),
    ExportCommand.Create(terminal),
    LoadCommand.Create(terminal),
    AuditCommand.Create(terminal),
    CheckCommand.Create(terminal),
    FixCommand.Create(terminal),
    ReportCommand.Create(terminal),
    ExplainCommand.Create(terminal),
    InstallCommand.Create(terminal),
    OperatorCommand.Create(),
    WebhookCommand.Create(),
    TutorialCommand.Create(terminal),
    ServeCommand.Create(),
    VersionCommand.Create(terminal),
    CompletionCommand.Create(terminal),
};
ExampleHelpAction.InstallIn(root);
return await Invocation.RunAsync(root, args, terminal);
