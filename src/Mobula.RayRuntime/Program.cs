return await Mobula.RayRuntime.Commands.RayCommand.RunAsync(args);
