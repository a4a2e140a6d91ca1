using BenchmarkDotNet.Running;
using Mobula.PodSecurityMicrobenchmarks;

// dotnet run -c Release --project bench/Mobula.PodSecurityMicrobenchmarks -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(PodEvaluation).Assembly).Run(args);
